import { type Content, type Image, MANIFEST_TYPE } from '../image.ts'
import type { Server } from '../server.ts'
import { callApi } from './api.ts'
import type { Connection, Sink } from './connection.ts'
import { demand, encode, header } from './request.ts'

/** What a client asks of a repository by the OCI distribution specification. */
export class Repository {
  readonly server: Server
  readonly name: string

  private constructor(server: Server, name: string) {
    this.server = server
    this.name = name
  }

  /** Makes it, where the server does not make it by a push. */
  static async make(server: Server, name: string): Promise<Repository> {
    if (server.peer.makesRepositories) await callApi(server, 'CreateRepository', { repositoryName: name })
    return Repository.of(server, name)
  }

  /** One that is there. */
  static of(server: Server, name: string): Repository {
    return new Repository(server, name)
  }

  request(method: string, path: string): Buffer {
    const headers = { ...this.server.login, Accept: `${MANIFEST_TYPE},*/*` }
    return encode(this.server.host, { method, path: `/v2/${this.name}/${path}`, headers })
  }

  /** POST and PUT, as helm and oras push. */
  async pushBlob(connection: Connection, { bytes, digest }: Content): Promise<void> {
    const path = withDigest(await this.beginUpload(connection), digest)
    const { host } = this.server
    await demand(
      connection,
      201,
      encode(host, { method: 'PUT', path, headers: this.#bytesHeaders, body: bytes }),
    )
  }

  async pushManifest(connection: Connection, { bytes, digest }: Content, tag: string): Promise<void> {
    const { host, login } = this.server
    const headers = { ...login, 'Content-Type': MANIFEST_TYPE }
    const path = `/v2/${this.name}/manifests/${tag}`
    const answer = await demand(connection, 201, encode(host, { method: 'PUT', path, headers, body: bytes }))
    const told = header(answer, 'docker-content-digest')
    if (told !== digest) throw new Error(`PUT ${path} stored ${told}, not ${digest}`)
  }

  async pushImage(connection: Connection, { config, layer, manifest }: Image, tag: string): Promise<void> {
    await this.pushBlob(connection, config)
    await this.pushBlob(connection, layer)
    await this.pushManifest(connection, manifest, tag)
  }

  /** Fails unless the very bytes come back. */
  async pullManifest(connection: Connection, { bytes }: Content, reference: string): Promise<void> {
    await demandBytes(connection, this.request('GET', `manifests/${reference}`), bytes)
  }

  async pullBlob(connection: Connection, { bytes, digest }: Content): Promise<void> {
    await demandBytes(connection, this.request('GET', `blobs/${digest}`), bytes)
  }

  async pullImage(connection: Connection, { config, layer, manifest }: Image, tag: string): Promise<void> {
    await this.pullManifest(connection, manifest, tag)
    await this.pullBlob(connection, config)
    await this.pullBlob(connection, layer)
  }

  async streamBlob(connection: Connection, digest: string, sink: Sink): Promise<void> {
    await demand(connection, 200, this.request('GET', `blobs/${digest}`), { sink })
  }

  /** Answers with the path to send the blob to. */
  async beginUpload(connection: Connection): Promise<string> {
    return locationOf(await demand(connection, 202, this.request('POST', 'blobs/uploads/')))
  }

  /** Sends a chunk that begins at `first`, and answers with the path to send the next one to. */
  async sendChunk(
    connection: Connection,
    path: string,
    first: number,
    bodyBytes: number,
    body: Iterable<Buffer>,
  ): Promise<string> {
    const headers = { ...this.#bytesHeaders, 'Content-Range': `${first}-${first + bodyBytes - 1}` }
    const request = encode(this.server.host, { method: 'PATCH', path, headers, bodyBytes })
    return locationOf(await demand(connection, 202, request, { body }))
  }

  /** Ends an upload, with the rest of its bytes or none. */
  async endUpload(
    connection: Connection,
    path: string,
    digest: string,
    bodyBytes = 0,
    body: Iterable<Buffer> = [],
  ): Promise<void> {
    const parts = { method: 'PUT', path: withDigest(path, digest), headers: this.#bytesHeaders, bodyBytes }
    const request = encode(this.server.host, parts)
    await demand(connection, 201, request, { body })
  }

  get #bytesHeaders(): Record<string, string> {
    return { ...this.server.login, 'Content-Type': 'application/octet-stream' }
  }
}

/** Fails unless the answer to a request is these bytes. */
export async function demandBytes(connection: Connection, request: Buffer, bytes: Buffer): Promise<void> {
  const { body } = await demand(connection, 200, request)
  if (!body.equals(bytes))
    throw new Error(
      `${request.toString('latin1', 0, request.indexOf('\r\n'))} answered other bytes than were pushed`,
    )
}

function withDigest(path: string, digest: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}digest=${digest}`
}

/** The path of an absolute or a relative Location. */
function locationOf(answer: Parameters<typeof header>[0]): string {
  const location = new URL(header(answer, 'location') ?? '', 'http://server')
  return location.pathname + location.search
}
