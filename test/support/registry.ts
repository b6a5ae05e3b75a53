import { randomBytes } from 'node:crypto'
import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import {
  type Descriptor,
  indexText,
  type ManifestOptions,
  manifestText,
  OCI_LAYER,
  type StoredManifest,
  sha256,
} from './content.ts'
import type { Emulator } from './emulator.ts'

/** What fetch takes as a body; a stream is sent without a length. */
export type Body = NonNullable<RequestInit['body']>

/** The registry door as a client without a library uses it: plain HTTP with a login. */
export interface RegistryClient {
  /** `AWS:<password>` as the Authorization header has it. */
  authorization(): Promise<string>
  /** Sends a request, logged in unless the headers say otherwise (`authorization: ''` sends none). */
  send(path: string, init?: RequestInit & { duplex?: 'half' }): Promise<Response>
  /** Opens an upload and answers with the absolute form of its Location. */
  beginUpload(name: string): Promise<URL>
  /** Uploads a blob by POST and PUT. */
  pushBlob(name: string, bytes?: Uint8Array, mediaType?: string): Promise<Descriptor>
  getBlob(name: string, digest: string): Promise<Buffer>
  /** Puts the text of a manifest under a tag or its digest. */
  putManifest(name: string, reference: string, text: string, mediaType?: string): Promise<Response>
  /** Uploads a config and a layer and puts an image of them, a new one at each call. */
  pushImage(name: string, tag?: string, options?: ManifestOptions): Promise<StoredManifest>
  pushIndex(
    name: string,
    manifests: readonly Descriptor[],
    tag?: string,
    extra?: object,
  ): Promise<Descriptor & { text: string }>
}

/** A client of the default account's registry, or of the one of the access key and region. */
export function registryClient(
  ecr: Emulator,
  identity: { accessKeyId?: string; region?: string } = {},
): RegistryClient {
  let login: Promise<string> | undefined
  const client: RegistryClient = {
    authorization() {
      login ??= logIn(ecr, identity)
      return login
    },
    async send(path, init = {}) {
      const headers = new Headers(init.headers)
      if (headers.get('authorization') === '') headers.delete('authorization')
      else if (!headers.has('authorization')) headers.set('authorization', await client.authorization())
      return fetch(new URL(path, ecr.server.url), { redirect: 'manual', ...init, headers })
    },
    async beginUpload(name) {
      const begun = await client.send(`/v2/${name}/blobs/uploads/`, { method: 'POST' })
      if (begun.status !== 202) throw new Error(`POST upload: ${begun.status} ${await begun.text()}`)
      return new URL(begun.headers.get('location') ?? '', ecr.server.url)
    },
    async pushBlob(name, bytes = randomBytes(64), mediaType = OCI_LAYER) {
      const digest = sha256(bytes)
      const location = await client.beginUpload(name)
      location.searchParams.set('digest', digest)
      const ended = await client.send(`${location}`, { method: 'PUT', body: bytes })
      if (ended.status !== 201) throw new Error(`PUT ${location}: ${ended.status} ${await ended.text()}`)
      return { mediaType, digest, size: bytes.length }
    },
    async getBlob(name, digest) {
      const response = await client.send(`/v2/${name}/blobs/${digest}`)
      if (response.status !== 200) throw new Error(`GET blob: ${response.status} ${await response.text()}`)
      return Buffer.from(await response.arrayBuffer())
    },
    putManifest(name, reference, text, mediaType = OCI_MANIFEST) {
      const headers = { 'content-type': mediaType }
      return client.send(`/v2/${name}/manifests/${reference}`, { method: 'PUT', headers, body: text })
    },
    async pushImage(name, tag, options = {}) {
      const layer = await client.pushBlob(name)
      const config = await client.pushBlob(name, randomBytes(32), options.configType ?? OCI_CONFIG)
      const text = manifestText(config, [layer], options)
      const mediaType = options.mediaType ?? OCI_MANIFEST
      const digest = sha256(text)
      await mustBeCreated(client.putManifest(name, tag ?? digest, text, mediaType))
      return { mediaType, digest, size: text.length, text, config, layers: [layer] }
    },
    async pushIndex(name, manifests, tag, extra = {}) {
      const text = indexText(manifests, extra)
      const digest = sha256(text)
      await mustBeCreated(client.putManifest(name, tag ?? digest, text, OCI_INDEX))
      return { mediaType: OCI_INDEX, digest, size: text.length, text }
    },
  }
  return client
}

/** The JSON of an answer. */
// biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
export async function jsonOf(response: Response | Promise<Response>): Promise<any> {
  return (await response).json()
}

async function logIn(ecr: Emulator, identity: { accessKeyId?: string; region?: string }): Promise<string> {
  const { authorizationData } = await ecr.client(identity).send(new GetAuthorizationTokenCommand({}))
  return `Basic ${authorizationData?.[0]?.authorizationToken}`
}

async function mustBeCreated(answer: Promise<Response>): Promise<void> {
  const response = await answer
  if (response.status !== 201) throw new Error(`PUT manifest: ${response.status} ${await response.text()}`)
}
