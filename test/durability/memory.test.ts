import { spawn } from 'node:child_process'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { dataDirectory } from '../support/data-directory.ts'
import { currentMemory, LargeBlob, MEBIBYTE, peakMemory, pull, uploads } from '../support/measured.ts'
import { plainClient } from '../support/plain-client.ts'
import { launch } from '../support/program.ts'

const MEBIBYTES = 256

describe('the memory of a program that nobody asks anything', () => {
  it('is less than 80 MB, or 40 MB more than what Node.js has that does nothing', async () => {
    const program = await launch(['--in-memory'])
    const nothing = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    onTestFinished(async () => {
      nothing.kill()
      await program.stop()
    })
    expect((await fetch(`${program.url}/_ecr-local/health`)).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 2000))
    const [ours, least] = [program.process, nothing].map(
      ({ pid }) => currentMemory(pid as number) * MEBIBYTE,
    ) as [number, number]
    expect(ours).toBeLessThan(Math.max(80_000_000, least + 40_000_000))
  })
})

/** A program that held the blob in memory would need its bytes on top of what it needs anyway, about 75 MiB. */
describe(`the program's memory for a blob of ${MEBIBYTES} MiB`, () => {
  let blob: LargeBlob
  beforeAll(() => {
    blob = new LargeBlob(MEBIBYTES)
  })
  const { path } = dataDirectory()

  it.each([
    ['POST and PUT', 240],
    ['POST, PATCH and PUT', 240],
    // A part is in memory whole, in several forms: as JSON, as base64 and as bytes.
    ['UploadLayerPart', 320],
  ] as const)(
    'stays bounded with %s: %i MiB',
    async (way, limit) => {
      const program = await launch(['--data-dir', path, '--log-level', 'error'])
      onTestFinished(async () => {
        await program.stop()
      })
      const client = await plainClient(program.url)
      await client.call('CreateRepository', { repositoryName: 'large' })
      await uploads[way](client, 'large', blob)
      expect(await pull(client, 'large', blob.digest)).toBe(blob.digest)
      expect(peakMemory(program.process.pid as number)).toBeLessThan(limit)
      await client.call('DeleteRepository', { repositoryName: 'large', force: true })
    },
    90_000,
  )
})
