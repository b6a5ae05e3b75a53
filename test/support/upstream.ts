import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreatePullThroughCacheRuleCommand, type ECRClient } from '@aws-sdk/client-ecr'
import { afterAll } from 'vitest'
import { OCI_CONFIG, OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { aName, type Descriptor, manifestText, OCI_LAYER, sha256 } from './content.ts'
import { DEFAULT_ACCOUNT, refusal } from './refusals.ts'

/** Where an upstream that takes no login is, unless it is sent elsewhere. */
export const OPEN_UPSTREAM = 'quay.io'
/** And one that takes a login. */
export const CLOSED_UPSTREAM = 'registry-1.docker.io'

/** The ARN of a secret as rules of the default client name it. */
export function secretArn(name: string, registry: { accountId?: string; region?: string } = {}): string {
  const { accountId = DEFAULT_ACCOUNT, region = 'eu-west-1' } = registry
  return `arn:aws:secretsmanager:${region}:${accountId}:secret:ecr-pullthroughcache/${name}`
}

/** Makes a rule for an upstream, and answers with its prefix. */
export async function aRule(
  client: ECRClient,
  settings: Partial<ConstructorParameters<typeof CreatePullThroughCacheRuleCommand>[0]> = {},
): Promise<string> {
  const { ecrRepositoryPrefix = aName('cache'), upstreamRegistryUrl = OPEN_UPSTREAM, ...others } = settings
  const rule = { ecrRepositoryPrefix, upstreamRegistryUrl, ...others }
  await client.send(new CreatePullThroughCacheRuleCommand(rule))
  return ecrRepositoryPrefix
}

export interface SecretsFile {
  readonly path: string
  /** Replaces all that is in it, with JSON or with a text that may be none. */
  write(secrets: object | string): void
  /** Takes the file away. */
  remove(): void
}

/** A file of secrets for the tests of one file. Called before `emulator()`, as it goes after the server has stopped. */
export function secretsFile(): SecretsFile {
  const directory = mkdtempSync(join(tmpdir(), 'ecr-local-secrets-'))
  afterAll(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'secrets.json')
  const file: SecretsFile = {
    path,
    write: (secrets) => writeFileSync(path, typeof secrets === 'string' ? secrets : JSON.stringify(secrets)),
    remove: () => rmSync(path, { force: true }),
  }
  file.write({})
  return file
}

/** A registry that answers as a test wants it to. */
export interface PlayedRegistry {
  readonly url: string
  /** `<method> <path and query>` of all requests, and who they say that they are. */
  readonly requests: readonly { readonly line: string; readonly authorization: string | undefined }[]
  /** Answers what comes from now on. */
  play(part: Part): void
}

export type Part = (request: IncomingMessage, response: ServerResponse) => void

/** Called before `emulator()`, as it ends after the server that asks it. */
export async function playedRegistry(): Promise<PlayedRegistry> {
  const requests: { line: string; authorization: string | undefined }[] = []
  let part: Part = answering(404)
  const server = createServer((request, response) => {
    const { authorization } = request.headers
    requests.push({ line: `${request.method} ${request.url}`, authorization })
    part(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    play(next) {
      part = next
      requests.length = 0
    },
  }
}

/** Answers everything alike. */
export function answering(
  status: number,
  headers: Record<string, string> = {},
  body: string | Uint8Array = '',
): Part {
  return (_request, response) => response.writeHead(status, headers).end(body)
}

/** Answers by path; what has no answer is 404. */
export function routing(routes: Readonly<Record<string, Part>>): Part {
  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?')
    ;(routes[path] ?? answering(404))(request, response)
  }
}

/** As a rule that is not there is refused. */
export const ruleNotFound = refusal(
  'PullThroughCacheRuleNotFoundException',
  'The pull through cache rule was not found. Specify a valid pull through cache rule and try again.',
)

/** What comes of secrets that are none, by what is in their file: `undefined` for no file. */
export const unusableSecrets: [
  what: string,
  content: object | string | undefined,
  name: string,
  message: string,
][] = [
  [
    'that is not in the file',
    {},
    'SecretNotFoundException',
    'The ARN of the secret specified in the pull through cache rule was not found',
  ],
  [
    'whose file is gone',
    undefined,
    'UnableToAccessSecretException',
    'The secret is unable to be accessed. Verify the resource permissions for the secret and try again.',
  ],
  [
    'that holds no login',
    { 'ecr-pullthroughcache/hub': 'AQICAHh' },
    'UnableToDecryptSecretValueException',
    'The secret is accessible but is unable to be decrypted. Verify the resource permissions and try again.',
  ],
]

/** An answer that stops, before its first byte or in the middle, until a test lets it go. */
export interface HeldBack {
  readonly part: Part
  /** Resolves when it has stopped. */
  readonly begun: Promise<void>
  /** Sends the rest, of the bytes that were stated or of others. */
  letGo(rest?: Uint8Array): void
}

/** @param at how many of the bytes come before it stops */
export function heldBack(bytes: Uint8Array, at: number, headers: Record<string, string> = {}): HeldBack {
  let [response, begin] = [undefined as ServerResponse | undefined, () => {}]
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  return {
    begun,
    part(_request, answer) {
      response = answer
      answer.writeHead(200, { 'content-length': bytes.length, ...headers })
      if (at > 0) answer.write(bytes.subarray(0, at), begin)
      else begin()
    },
    letGo: (rest = bytes.subarray(at)) => response?.end(rest),
  }
}

/** What a played registry needs to have an image. */
export interface PlayedImage {
  readonly text: string
  readonly digest: string
  readonly layer: Descriptor & { readonly bytes: Buffer }
  readonly config: Descriptor
  /** By path: the manifest under its tag and its digest, and its blobs. */
  readonly routes: Record<string, Part>
}

/** An image of random bytes, for a repository of a played registry. */
export function playedImage(name: string, tag = 'v1', layerBytes: Buffer = randomBytes(64)): PlayedImage {
  const routes: Record<string, Part> = {}
  const blob = (bytes: Buffer, mediaType: string) => {
    const descriptor = { mediaType, digest: sha256(bytes), size: bytes.length, bytes }
    routes[`/v2/${name}/blobs/${descriptor.digest}`] = answering(200, {}, bytes)
    return descriptor
  }
  const layer = blob(layerBytes, OCI_LAYER)
  const { bytes: _, ...config } = blob(randomBytes(32), OCI_CONFIG)
  const text = manifestText(
    config,
    [layer].map(({ bytes: _bytes, ...descriptor }) => descriptor),
  )
  const digest = sha256(text)
  for (const reference of [tag, digest])
    routes[`/v2/${name}/manifests/${reference}`] = answering(200, { 'content-type': OCI_MANIFEST }, text)
  return { text, digest, layer, config, routes }
}
