import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { startServer } from '../../src/index.ts'
import { fillRepository } from '../../test/support/filled-repository.ts'
import { DAY, expire, policyText } from '../../test/support/lifecycle.ts'
import { plainClient } from '../../test/support/plain-client.ts'

/*
 * Prints how long the evaluation of a lifecycle policy takes, without and with what it does, how much of that the processor
 * worked, and the longest time for which it keeps everything else waiting:
 *
 *   npx tsx scripts/bench/lifecycle.ts [IMAGES]...
 */

const counts = process.argv.slice(2).map(Number)
const repositoryName = 'bench'
const registry = { accountId: '000000000000', region: 'us-east-1' }
/** Half of the images have a tag, a tenth of all expires. */
const tagsOf = (index: number): string[] => (index % 2 ? [`v${index}`] : [])

for (const imageCount of counts.length > 0 ? counts : [10_000, 100_000]) {
  const dataDir = mkdtempSync(join(tmpdir(), 'ecr-local-bench-'))
  const now = Date.now()
  await fillRepository(dataDir, {
    registry,
    repositoryName,
    imageCount,
    tagsOf,
    pushedAt: (index) => now - ((imageCount - index) / imageCount) * 100 * DAY,
  })
  const server = await startServer({ dataDir })
  // The server evaluates policies when it starts: this one comes afterwards.
  const { call } = await plainClient(server.url)
  const lifecyclePolicyText = policyText(
    expire(1, { tagPatternList: ['release-*'], countNumber: 100 }),
    expire(2, { tagPrefixList: ['v'], countNumber: Math.ceil(imageCount * 0.45) }),
    expire(3, { tagStatus: 'untagged', countType: 'sinceImagePushed', countNumber: 90 }),
  )
  const { body } = await call('PutLifecyclePolicy', { repositoryName, lifecyclePolicyText })
  if (!body.lifecyclePolicyText) throw new Error(body.message)
  await measure(`${imageCount} images, explained`, () => server.lifecycle({ dryRun: true }))
  const acted = await measure(`${imageCount} images, expiring a tenth`, () => server.lifecycle())
  await measure(`${imageCount - (acted[0]?.actions.length ?? 0)} images, nothing to do`, () =>
    server.lifecycle(),
  )
  await server.close()
  rmSync(dataDir, { recursive: true })
}

async function measure<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  let longest = 0
  let seen = performance.now()
  const ticks = setInterval(() => {
    longest = Math.max(longest, performance.now() - seen)
    seen = performance.now()
  }, 1)
  const startedAt = performance.now()
  const usedBefore = process.cpuUsage()
  const result = await work()
  const took = performance.now() - startedAt
  const { user, system } = process.cpuUsage(usedBefore)
  const used = (user + system) / 1000
  await setTimeout(2)
  clearInterval(ticks)
  const [all, processor] = [took, used].map((milliseconds) => milliseconds.toFixed(0).padStart(6))
  console.log(
    `${name.padEnd(40)} ${all} ms, ${processor} ms of a processor, others wait ${longest.toFixed(0)} ms at most`,
  )
  return result
}
