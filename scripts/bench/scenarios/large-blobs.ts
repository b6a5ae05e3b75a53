import { dirname } from 'node:path'
import { Connection } from '../http/connection.ts'
import { Repository } from '../http/registry.ts'
import { LargeBlob, MEBIBYTE } from '../large-blob.ts'
import { reuseMemory } from '../used-memory.ts'
import type { Stage } from './scenario.ts'

const MEBIBYTES = 256
const CHUNK_MEBIBYTES = 8

export const largeBlobs: Stage<'put' | 'patch' | 'pull'> = {
  door: 'registry',
  scenarios: [
    push('push of 256 MiB by POST and PUT, 1 client', 'put'),
    push('push of 256 MiB by PATCH of 8 MiB, 1 client', 'patch'),
    { name: 'pull of 256 MiB, 1 client', work: 'pull', clients: 1, mebibytes: MEBIBYTES },
    { name: 'pull of 256 MiB, 4 clients', work: 'pull', clients: 4, mebibytes: MEBIBYTES },
  ],
  async prepare(server) {
    const repository = await Repository.make(server, 'large')
    const connection = await Connection.open(server.port)
    const pulled = new LargeBlob(MEBIBYTES)
    await put(repository, connection, pulled)
    connection.close()

    let pushed = pulled
    const beforeRound = (): void => {
      pushed = new LargeBlob(MEBIBYTES)
      reuseMemory(dirname(server.dataDirectory))
    }
    const check = async (): Promise<void> => {
      const other = await Connection.open(server.port)
      await pull(repository, other, pushed)
      other.close()
    }
    return {
      put: { operation: (each) => put(repository, each, pushed), beforeRound, check },
      patch: { operation: (each) => patch(repository, each, pushed), beforeRound, check },
      pull: { operation: (each) => pull(repository, each, pulled) },
    }
  },
}

function push(name: string, work: 'put' | 'patch'): Stage<'put' | 'patch'>['scenarios'][number] {
  return { name, work, clients: 1, mebibytes: MEBIBYTES, atMost: 1, writes: true }
}

async function put(repository: Repository, connection: Connection, blob: LargeBlob): Promise<void> {
  const path = await repository.beginUpload(connection)
  await repository.endUpload(connection, path, blob.digest, MEBIBYTES * MEBIBYTE, blob.pieces())
}

async function patch(repository: Repository, connection: Connection, blob: LargeBlob): Promise<void> {
  let path = await repository.beginUpload(connection)
  for (let first = 0; first < MEBIBYTES; first += CHUNK_MEBIBYTES) {
    const pieces = blob.pieces(first, first + CHUNK_MEBIBYTES)
    path = await repository.sendChunk(connection, path, first * MEBIBYTE, CHUNK_MEBIBYTES * MEBIBYTE, pieces)
  }
  await repository.endUpload(connection, path, blob.digest)
}

async function pull(repository: Repository, connection: Connection, blob: LargeBlob): Promise<void> {
  const { sink, isWhole } = blob.comparing()
  await repository.streamBlob(connection, blob.digest, sink)
  if (!isWhole()) throw new Error(`Less than the whole ${blob.digest} came back`)
}
