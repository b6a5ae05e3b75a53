import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { PlainClient } from './plain-client.ts'

export const MEBIBYTE = 1024 * 1024

/** The most memory that a process ever had, in MiB (`VmHWM` of Linux's /proc/PID/status). */
export function peakMemory(pid: number): number {
  return memory(pid, 'VmHWM')
}

/** The memory that a process has, in MiB. */
export function currentMemory(pid: number): number {
  return memory(pid, 'VmRSS')
}

/** How long a process has computed, in milliseconds: whatever else the machine does, this hardly changes. */
export function processorTime(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  )
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6
}

function memory(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024
}

/** A blob of so many MiB that is never whole in memory: the same bytes over and over, but for a counter. */
export class LargeBlob {
  readonly size: number
  readonly digest: string

  constructor(mebibytes: number) {
    this.size = mebibytes * MEBIBYTE
    const hash = createHash('sha256')
    for (const piece of this.pieces()) hash.update(piece)
    this.digest = `sha256:${hash.digest('hex')}`
  }

  /** Its bytes from `first` up to `end`, both whole MiB. */
  *pieces(first = 0, end = this.size): Generator<Buffer> {
    for (let offset = first; offset < end; offset += MEBIBYTE) {
      const piece = Buffer.alloc(MEBIBYTE, 'neither zeros nor a sparse file')
      piece.writeDoubleBE(offset)
      yield piece
    }
  }
}

/** How a blob gets into a repository. */
export const uploads = {
  async 'POST and PUT'({ send }, repositoryName, blob) {
    const begun = await send('POST', `/v2/${repositoryName}/blobs/uploads/`)
    const path = `${begun.headers.get('location')}?digest=${blob.digest}`
    must(201, await send('PUT', path, streamed(blob.pieces())))
  },
  async 'POST, PATCH and PUT'({ send }, repositoryName, blob) {
    const begun = await send('POST', `/v2/${repositoryName}/blobs/uploads/`)
    const path = begun.headers.get('location') as string
    const chunkSize = 64 * MEBIBYTE
    for (let first = 0; first < blob.size; first += chunkSize) {
      const end = Math.min(first + chunkSize, blob.size)
      const headers = { 'content-range': `${first}-${end - 1}` }
      must(202, await send('PATCH', path, { ...streamed(blob.pieces(first, end)), headers }))
    }
    must(201, await send('PUT', `${path}?digest=${blob.digest}`))
  },
  async UploadLayerPart({ call }, repositoryName, blob) {
    const { uploadId, partSize } = (await call('InitiateLayerUpload', { repositoryName })).body
    const upload = { repositoryName, uploadId }
    for (let partFirstByte = 0; partFirstByte < blob.size; partFirstByte += partSize) {
      const end = Math.min(partFirstByte + partSize, blob.size)
      const layerPartBlob = Buffer.concat([...blob.pieces(partFirstByte, end)]).toString('base64')
      must(
        200,
        await call('UploadLayerPart', { ...upload, partFirstByte, partLastByte: end - 1, layerPartBlob }),
      )
    }
    must(200, await call('CompleteLayerUpload', { ...upload, layerDigests: [blob.digest] }))
  },
} satisfies Record<string, (client: PlainClient, repositoryName: string, blob: LargeBlob) => Promise<void>>

/** Pulls a blob and answers with the digest of what came. */
export async function pull({ send }: PlainClient, repositoryName: string, digest: string): Promise<string> {
  const answer = await send('GET', `/v2/${repositoryName}/blobs/${digest}`)
  const hash = createHash('sha256')
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) hash.update(chunk)
  return `sha256:${hash.digest('hex')}`
}

function streamed(pieces: Iterable<Buffer>): RequestInit & { duplex: 'half' } {
  return { body: ReadableStream.from(pieces) as ReadableStream<Uint8Array>, duplex: 'half' }
}

function must(status: number, answer: { status: number }): void {
  if (answer.status !== status) throw new Error(`Answered ${answer.status}, not ${status}`)
}
