import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { dataDirectory } from '../support/data-directory.ts'
import { LargeBlob, peakMemory, pull, uploads } from '../support/measured.ts'
import { plainClient } from '../support/plain-client.ts'
import { launch } from '../support/program.ts'

const MEBIBYTES = 256

/** A program that held the blob in memory would need its bytes on top of what it needs anyway, about 90 MiB. */
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
    ['UploadLayerPart', 300],
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
