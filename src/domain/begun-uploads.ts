import { createCipheriv } from 'node:crypto'
import type { Upload } from '../store/database.ts'
import { RUN_DIGITS, type UploadRuns } from './upload-runs.ts'

/** What is known of an upload when it begins. */
export type NewUpload = Pick<Upload, 'repositoryId' | 'startedAt' | 'digestAlgorithm'>

/** Uploads of which nothing has come yet. */
export interface BegunUploads {
  /** Which process these began in. */
  readonly runs: UploadRuns
  /** Whether there are so many that the next one had better be a row. */
  isFull(): boolean
  begin(upload: NewUpload): Upload
  /** One that is to be a row. */
  make(upload: NewUpload): Upload
  has(id: string): boolean
  find(repositoryId: number, id: string): Upload | undefined
  /** One that began in a process that crashed. Unless it goes on, it is not kept. */
  findLost(repositoryId: number, id: string, now: number): Upload | undefined
  /** Whether there was such an upload. */
  end(id: string): boolean
  /** Has an upload go on: one that was lost, or that did not end after all. */
  goOn(upload: Upload): void
  all(): Upload[]
}

/** Each is a few hundred bytes. */
const MAX_BEGUN = 10_000

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const REPOSITORY_BYTES = 6

/** Hexadecimal digits of an id that prove that it was made here. */
const SEAL_DIGITS = 12

/**
 * Most uploads are begun and whole a moment later: a row of each would be written only to be removed. They are kept in
 * memory until something comes, or the process ends. Where it crashes, their ids prove to the next one that they were
 * begun: what was answered outlasts it. One that had ended can be begun again by its id then, in the processes after the
 * crash, for as long as an upload lives.
 *
 * @param key of 32 bytes, seals ids; the same in every process on one data directory
 * @param randomId a fresh UUID
 */
export function begunUploads(key: Uint8Array, runs: UploadRuns, randomId: () => string): BegunUploads {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  const block = Buffer.alloc(16)
  const begun = new Map<string, Upload>()
  /** Of earlier processes, in this one. */
  const ended = new Set<string>()

  /** Of the one block that all else of an id and the repository fit into: what a block cipher makes of it proves the key. */
  function seal(repositoryId: number, unsealed: string): string {
    block.writeUIntBE(repositoryId, 0, REPOSITORY_BYTES)
    block.write(unsealed.replaceAll('-', ''), REPOSITORY_BYTES, 'hex')
    return cipher.update(block).toString('hex', 0, SEAL_DIGITS / 2)
  }

  function make(upload: NewUpload): Upload {
    const unsealed = runs.name + randomId().slice(RUN_DIGITS, -SEAL_DIGITS)
    return emptyUpload(unsealed + seal(upload.repositoryId, unsealed), upload)
  }

  function isSealed(repositoryId: number, id: string): boolean {
    return UUID.test(id) && id.slice(-SEAL_DIGITS) === seal(repositoryId, id.slice(0, -SEAL_DIGITS))
  }

  return {
    runs,
    isFull: () => begun.size >= MAX_BEGUN,
    begin(upload) {
      const made = make(upload)
      begun.set(made.id, made)
      return made
    },
    make,
    has: (id) => begun.has(id),
    find(repositoryId, id) {
      const upload = begun.get(id)
      return upload?.repositoryId === repositoryId ? upload : undefined
    },
    findLost(repositoryId, id, now) {
      const isLost = runs.isLost(id.slice(0, RUN_DIGITS), now) && !ended.has(id)
      if (!isLost || !isSealed(repositoryId, id)) return undefined
      // When it began is not known, nor by what it was to be hashed: it may be hashed again in the end.
      return emptyUpload(id, { repositoryId, startedAt: now, digestAlgorithm: 'sha256' })
    },
    end(id) {
      if (!id.startsWith(runs.name)) ended.add(id)
      return begun.delete(id)
    },
    goOn(upload) {
      ended.delete(upload.id)
      begun.set(upload.id, upload)
    },
    all: () => [...begun.values()],
  }
}

function emptyUpload(id: string, upload: NewUpload): Upload {
  return {
    id,
    ...upload,
    receivedBytes: 0,
    partCount: 0,
    firstPartBytes: 0,
    lastPartBytes: 0,
    hasShortPart: false,
  }
}
