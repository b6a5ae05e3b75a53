import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type ECRClient, InitiateLayerUploadCommand } from '@aws-sdk/client-ecr'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { aRepository, sha256 } from '../support/content.ts'
import { dataDirectory } from '../support/data-directory.ts'
import { emulator } from '../support/emulator.ts'
import { type RegistryClient, registryClient } from '../support/registry.ts'
import { rawRequest } from '../support/sockets.ts'

const BYTES = randomBytes(100_000)
const HALF = BYTES.length / 2

describe('an upload whose client stalls', () => {
  const directory = dataDirectory()
  const ecr = emulator({ dataDir: directory.path })
  let client: ECRClient
  let registry: RegistryClient
  beforeAll(() => {
    client = ecr.client()
    registry = registryClient(ecr)
  })

  /** A client that sends half of what it announces, and nothing more; the server has taken all of that. */
  async function stalled(): Promise<{ path: string; socket: Socket; limits: number[]; tell: () => void }> {
    const repositoryName = await aRepository(client)
    const { uploadId } = await client.send(new InitiateLayerUploadCommand({ repositoryName }))
    const path = `/v2/${repositoryName}/blobs/uploads/${uploadId}`
    const login = `Authorization: ${await registry.authorization()}`
    const limit = vi.spyOn(IncomingMessage.prototype, 'setTimeout')
    const socket = connect(ecr.server.port, '127.0.0.1')
    const headers = [login, `Content-Length: ${BYTES.length}`, 'Connection: close']
    socket.write(rawRequest(`PATCH ${path}`, headers))
    socket.write(BYTES.subarray(0, HALF))
    const file = join(directory.path, 'uploads', String(uploadId))
    await vi.waitUntil(() => statSync(file, { throwIfNoEntry: false })?.size === HALF)
    const [request] = limit.mock.contexts as IncomingMessage[]
    const limits = limit.mock.calls.map(([milliseconds]) => milliseconds)
    limit.mockRestore()
    // As Node does when nothing came for that long.
    return { path, socket, limits, tell: () => request?.emit('timeout') }
  }

  it('is told so after a minute, keeps what came, and is there for the next', async () => {
    const { path, socket, limits, tell } = await stalled()
    expect(limits).toEqual([60_000])
    const waiting = registry.send(path, { method: 'PATCH', body: BYTES.subarray(HALF) })
    tell()
    const answer = await text(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    expect(answer).toMatch(/^Connection: close\r$/m)
    expect(answer).toMatch(/^Docker-Distribution-Api-Version: registry\/2.0\r$/m)
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toEqual({
      errors: [{ code: 'UNKNOWN', message: 'The rest of the request did not come within 60 seconds' }],
    })
    expect((await waiting).headers.get('range')).toBe(`0-${BYTES.length - 1}`)
    const ended = await registry.send(`${path}?digest=${sha256(BYTES)}`, { method: 'PUT' })
    expect(ended.status).toBe(201)
  })

  it('is there for the next when those who waited for it have left', async () => {
    const repositoryName = await aRepository(client)
    const { uploadId } = await client.send(new InitiateLayerUploadCommand({ repositoryName }))
    const path = `/v2/${repositoryName}/blobs/uploads/${uploadId}?digest=${sha256('bytes')}`
    const put = (init: RequestInit = {}) => registry.send(path, { method: 'PUT', body: 'bytes', ...init })
    const socket = connect(ecr.server.port, '127.0.0.1')
    const login = `Authorization: ${await registry.authorization()}`
    socket.write(`${rawRequest(`PUT ${path}`, [login, 'Content-Length: 5'])}by`)
    await new Promise((resolve) => setTimeout(resolve, 100))
    const impatient = new AbortController()
    const left = put({ signal: impatient.signal }).catch(({ name }: Error) => name)
    await new Promise((resolve) => setTimeout(resolve, 100))
    impatient.abort()
    expect(await left).toBe('AbortError')
    // The server has to see that it left before its turn comes.
    await new Promise((resolve) => setTimeout(resolve, 100))
    socket.destroy()
    expect((await put()).status).toBe(201)
  })

  it('can be cancelled, without waiting for it', async () => {
    const { path, socket } = await stalled()
    expect((await registry.send(path, { method: 'DELETE' })).status).toBe(204)
    expect(directory.uploads()).toEqual([])
    socket.write(BYTES.subarray(HALF))
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 [\s\S]*BLOB_UPLOAD_UNKNOWN/)
    expect(directory.uploads()).toEqual([])
  })
})
