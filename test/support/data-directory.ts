import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import { afterAll } from 'vitest'
import { metadataFile } from '../../src/blob/path.ts'

/** A data directory for the tests of one file, and what a server keeps in it; it goes after them. */
export interface DataDirectory {
  readonly path: string
  /** Digests of the blobs, wherever they lie, in their order. */
  blobs(): string[]
  /** Those that are files, by their names. */
  blobFiles(): string[]
  /** Ids of uploads that have a file. */
  uploads(): string[]
}

/** Called before `emulator()`, as it goes after the server has stopped. */
export function dataDirectory(): DataDirectory {
  const path = mkdtempSync(join(tmpdir(), 'ecr-local-test-'))
  afterAll(() => rmSync(path, { recursive: true }))
  return { path, ...contentsOf(path) }
}

/** What a server keeps in `path`. */
export function contentsOf(path: string): Omit<DataDirectory, 'path'> {
  const list = (room: string): string[] =>
    existsSync(join(path, room)) ? readdirSync(join(path, room), { recursive: true, encoding: 'utf8' }) : []
  const blobFiles = (): string[] =>
    list('blobs')
      .map((file) => file.split('/'))
      .filter((path) => path.length === 3)
      .map(([algorithm, , hex]) => `${algorithm}:${hex}`)
      .sort()
  return {
    blobs: () => [...new Set([...blobFiles(), ...blobRows(path)])].sort(),
    blobFiles,
    uploads: () => list('uploads'),
  }
}

/** Digests of the small blobs, which are rows of the database. */
function blobRows(path: string): string[] {
  if (!existsSync(metadataFile(path))) return []
  const database = new SQLite(metadataFile(path), { readonly: true })
  try {
    return database.prepare<[], string>('SELECT digest FROM small_blobs').pluck().all()
  } finally {
    database.close()
  }
}

/** Has a server collect what nobody owns, and answers with how much that was. */
export async function collect(url: string, options: { graceSeconds?: number } = {}): Promise<unknown> {
  const init = { method: 'POST', body: JSON.stringify(options) }
  return (await fetch(new URL('/_ecr-local/gc', url), init)).json()
}

/** Changes the database under the server that works on it. */
export function tamper({ path }: Pick<DataDirectory, 'path'>, statement: string, ...values: unknown[]): void {
  const database = new SQLite(metadataFile(path))
  database.prepare(statement).run(...values)
  database.close()
}

/** The one value that a query finds in the database of a server, whether it runs or not. */
export function readFrom({ path }: Pick<DataDirectory, 'path'>, query: string): unknown {
  const database = new SQLite(metadataFile(path), { readonly: true })
  try {
    return database.prepare(query).pluck().get()
  } finally {
    database.close()
  }
}

/** Takes the manifest of the images with this digest away: what reads it fails, as a damaged database does. */
export function loseManifest(directory: Pick<DataDirectory, 'path'>, digest: string): void {
  const images = 'SELECT id FROM images WHERE digest = ?'
  tamper(directory, `DELETE FROM manifests WHERE image_id IN (${images})`, digest)
}
