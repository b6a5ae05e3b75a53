import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '../../src/index.ts'
import { fillRepository } from '../../test/support/filled-repository.ts'
import { type PlainClient, plainClient } from '../../test/support/plain-client.ts'

/*
 * Prints what a page of 100 of DescribeImages, ListImages and the tags list costs in repositories of growing size, in
 * milliseconds of processor time, with what each filter makes of it. One image in a thousand is a chart, one has no tag:
 *
 *   npx tsx scripts/bench/pages.ts [IMAGES]...
 */

const ROUNDS = 40
const repositoryName = 'bench'
const registry = { accountId: '000000000000', region: 'us-east-1' }
const IMAGE = 'application/vnd.oci.image.config.v1+json'
const CHART = 'application/vnd.cncf.helm.config.v1+json'
const counts = process.argv.slice(2).map(Number)
const imageCounts = counts.length > 0 ? counts : [100, 1000, 10_000, 100_000]

const filters = {
  'no filter': {},
  'ANY status': { filter: { imageStatus: 'ANY' } },
  TAGGED: { filter: { tagStatus: 'TAGGED' } },
  UNTAGGED: { filter: { tagStatus: 'UNTAGGED' } },
  'type of most': { manifestConfig: [IMAGE] },
  'rare type': { manifestConfig: [CHART] },
  'wildcard of most': { manifestConfig: ['application/vnd.oci.*'] },
  'rare wildcard': { manifestConfig: ['application/vnd.cncf.*'] },
  'absent type': { manifestConfig: ['application/vnd.absent'] },
  'types and TAGGED': { manifestConfig: [IMAGE, CHART], filter: { tagStatus: 'TAGGED' } },
}

const table = new Map<string, Map<number, number>>()
for (const imageCount of imageCounts) await measureRepository(imageCount)
const row = (name: string, cells: string[]): string =>
  [name.padEnd(42), ...cells.map((cell) => cell.padStart(8))].join(' ')
console.log(row('page of 100', imageCounts.map(String)))
for (const [name, costs] of table)
  console.log(
    row(
      name,
      imageCounts.map((imageCount) => costs.get(imageCount)?.toFixed(2) ?? '-'),
    ),
  )

async function measureRepository(imageCount: number): Promise<void> {
  function note(name: string, milliseconds: number): void {
    const costs = table.get(name) ?? new Map()
    table.set(name, costs.set(imageCount, milliseconds))
  }

  const dataDir = mkdtempSync(join(tmpdir(), 'ecr-local-bench-'))
  await fillRepository(dataDir, {
    registry,
    repositoryName,
    imageCount,
    tagsOf: (index) => (index % 1000 === 500 ? [] : [`v${String(index).padStart(6, '0')}`]),
    artifactTypeOf: (index) => (index % 1000 === 999 ? CHART : IMAGE),
  })
  const server = await startServer({ dataDir })
  const client = await plainClient(server.url)
  for (const operation of ['DescribeImages', 'ListImages'])
    for (const [name, filter] of Object.entries(filters)) {
      const input = { repositoryName, maxResults: 100, ...filter }
      note(`${operation}, ${name}`, await cost(() => called(client, operation, input)))
      const nextToken = await lastToken(client, operation, input)
      if (nextToken)
        note(
          `${operation}, ${name}, last page`,
          await cost(() => called(client, operation, { ...input, nextToken })),
        )
    }
  for (const last of ['', `v${String(imageCount - 50).padStart(6, '0')}`])
    note(
      `tags list${last && ', last page'}`,
      await cost(async () => {
        const answer = await client.send('GET', `/v2/${repositoryName}/tags/list?n=100&last=${last}`)
        if (!answer.ok) throw new Error(await answer.text())
        await answer.arrayBuffer()
      }),
    )
  await server.close()
  rmSync(dataDir, { recursive: true })
}

async function called({ call }: PlainClient, operation: string, input: object) {
  const { status, body } = await call(operation, input)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body
}

async function lastToken(client: PlainClient, operation: string, input: object): Promise<string | undefined> {
  let token: string | undefined
  for (;;) {
    const { nextToken } = await called(client, operation, {
      ...input,
      maxResults: 900,
      ...(token && { nextToken: token }),
    })
    if (!nextToken) return token
    token = nextToken
  }
}

/** Processor time, of the server and its client together, as other work on the machine does not count. */
async function cost(work: () => Promise<unknown>): Promise<number> {
  await work()
  const before = process.cpuUsage()
  for (let round = 0; round < ROUNDS; round += 1) await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / ROUNDS
}
