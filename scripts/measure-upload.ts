import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { currentMemory, LargeBlob, MEBIBYTE, peakMemory, pull, uploads } from '../test/support/measured.ts'
import { plainClient } from '../test/support/plain-client.ts'
import { launch } from '../test/support/program.ts'

/*
 * Pushes a large blob to the built program in each of the ways that there are, pulls it back, and prints how
 * fast that was and how much memory the program ever had:
 *
 *   npx tsx scripts/measure-upload.ts [MEBIBYTES]
 */

const blob = new LargeBlob(Number(process.argv[2] ?? 2048))
for (const [name, upload] of Object.entries(uploads)) {
  const dataDir = mkdtempSync(join(tmpdir(), 'ecr-local-measure-'))
  const program = await launch(['--data-dir', dataDir, '--log-level', 'error'])
  const pid = program.process.pid as number
  const client = await plainClient(program.url)
  await client.call('CreateRepository', { repositoryName: 'large' })
  const idle = currentMemory(pid)
  const pushed = await timed(() => upload(client, 'large', blob))
  const afterPush = peakMemory(pid)
  const pulled = await timed(async () => {
    if ((await pull(client, 'large', blob.digest)) !== blob.digest) throw new Error('Other bytes came back')
  })
  const peak = peakMemory(pid)
  console.log(
    `${name}: pushed at ${pushed} MiB/s, pulled at ${pulled} MiB/s, ` +
      `peak ${afterPush.toFixed(0)} MiB after the push, ${peak.toFixed(0)} MiB in all, ${idle.toFixed(0)} MiB before`,
  )
  await program.stop()
  rmSync(dataDir, { recursive: true })
}

async function timed(work: () => Promise<void>): Promise<string> {
  const startedAt = performance.now()
  await work()
  return ((blob.size / MEBIBYTE / (performance.now() - startedAt)) * 1000).toFixed(0)
}
