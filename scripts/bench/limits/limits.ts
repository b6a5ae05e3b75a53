import { createHash } from 'node:crypto'
import { closeSync, fdatasyncSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { makeDirectory, removeDirectory } from '../directories.ts'
import { demand, encode } from '../http/request.ts'
import { MEBIBYTE } from '../large-blob.ts'
import { load } from '../load.ts'
import type { Plan } from '../options.ts'
import type { Peer } from '../peers/peer.ts'
import { Server } from '../server.ts'
import { median } from '../statistics.ts'
import { LARGE } from './answering.ts'

/** What the machine, or the load, can do at most, so that a reader sees what a server could reach. */
export interface Limit {
  readonly name: string
  readonly unit: 'MiB/s' | '/s'
  /** The median of the rounds. */
  readonly value: number
}

const FILE_MEBIBYTES = 256
const SMALL_FILES = 50
const SMALL_BYTES = 1024

const answering: Peer = {
  name: 'a server that does nothing',
  doors: [],
  readyPath: '/',
  durability: '',
  missing: () => undefined,
  version: () => '',
  command: (_directory, port) => ({
    program: process.execPath,
    args: ['--import', import.meta.resolve('tsx'), join(import.meta.dirname, 'answering.ts'), String(port)],
  }),
}

export async function measureLimits({ rounds, seconds }: Plan): Promise<Limit[]> {
  const directory = makeDirectory()
  const server = await Server.start(answering)
  const small = encode(server.host, { method: 'GET', path: '/small' })
  const large = encode(server.host, { method: 'GET', path: LARGE.path })
  const per = async (clients: number): Promise<number> => {
    const loaded = await load(server, {
      clients,
      seconds,
      next: () => 0,
      operation: async (connection) => void (await demand(connection, 200, small)),
    })
    return loaded.latencies.length / loaded.seconds
  }
  const measures: [Limit['name'], Limit['unit'], () => number | Promise<number>][] = [
    ['SHA-256, one processor', 'MiB/s', () => hashing(seconds)],
    [`file of ${FILE_MEBIBYTES} MiB, written`, 'MiB/s', () => writing(directory, false)],
    [`file of ${FILE_MEBIBYTES} MiB, written and synced`, 'MiB/s', () => writing(directory, true)],
    ['files of 1 KiB, written, synced, renamed, their directory synced', '/s', () => syncing(directory)],
    ['requests answered by a server that does nothing, 1 client', '/s', () => per(1)],
    ['requests answered by a server that does nothing, 32 clients', '/s', () => per(32)],
    [
      `${LARGE.mebibytes} MiB over loopback TCP from a server that does nothing, 1 client`,
      'MiB/s',
      async () => {
        const { latencies, seconds: took } = await load(server, {
          clients: 1,
          seconds,
          next: () => 0,
          operation: async (connection) => void (await demand(connection, 200, large, { sink: () => {} })),
        })
        return (latencies.length * LARGE.mebibytes) / took
      },
    ],
  ]
  const limits: Limit[] = []
  try {
    for (const [name, unit, measure] of measures) {
      const values: number[] = []
      for (let round = 0; round < rounds; round += 1) values.push(await measure())
      limits.push({ name, unit, value: median(values) })
    }
  } finally {
    await removeDirectory(directory)
    await server.stop()
  }
  return limits
}

function hashing(seconds: number): number {
  const piece = Buffer.alloc(MEBIBYTE, 'x')
  const hash = createHash('sha256')
  const startedAt = performance.now()
  let mebibytes = 0
  for (; performance.now() - startedAt < seconds * 1000; mebibytes += 1) hash.update(piece)
  return mebibytes / ((performance.now() - startedAt) / 1000)
}

function writing(directory: string, isSynced: boolean): number {
  const piece = Buffer.alloc(MEBIBYTE, 'x')
  const file = join(directory, 'large')
  const startedAt = performance.now()
  const descriptor = openSync(file, 'w')
  for (let written = 0; written < FILE_MEBIBYTES; written += 1) writeSync(descriptor, piece)
  if (isSynced) fdatasyncSync(descriptor)
  closeSync(descriptor)
  const seconds = (performance.now() - startedAt) / 1000
  rmSync(file)
  return FILE_MEBIBYTES / seconds
}

/** What it takes to keep a small file for sure, one after another. */
function syncing(directory: string): number {
  const bytes = Buffer.alloc(SMALL_BYTES, 'x')
  const directoryDescriptor = openSync(directory, 'r')
  const startedAt = performance.now()
  for (let index = 0; index < SMALL_FILES; index += 1) {
    const file = join(directory, `small-${index}`)
    const descriptor = openSync(`${file}.tmp`, 'w')
    writeSync(descriptor, bytes)
    fdatasyncSync(descriptor)
    closeSync(descriptor)
    renameSync(`${file}.tmp`, file)
    fsyncSync(directoryDescriptor)
  }
  const seconds = (performance.now() - startedAt) / 1000
  closeSync(directoryDescriptor)
  return SMALL_FILES / seconds
}
