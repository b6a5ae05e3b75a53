import { endpointOf, explainSilence } from './endpoint.ts'

/** What a running server tells of itself. */
export interface ServerFacts {
  /** Where it was asked, without a slash at the end. */
  readonly url: string
  /** What it listens on. */
  readonly host: string
  readonly accountId: string
  readonly region: string
  readonly auth: 'open' | 'strict'
  /** In PEM, the CA that clients are to trust, where it has one. */
  readonly ca: string | undefined
}

/** No server to ask. The message says so, and what to do. */
export class NoServer extends Error {
  override readonly name = 'NoServer'
}

/**
 * Asks the server that the flags or the variables of the AWS tools name.
 *
 * @throws NoServer, or UnusableConfig for an endpoint that is none
 */
export async function askServer(
  flags: { readonly 'endpoint-url'?: string },
  environment: NodeJS.ProcessEnv,
): Promise<ServerFacts> {
  const url = endpointOf(flags, environment).url.replace(/\/+$/, '')
  try {
    const info = await fetch(`${url}/_ecr-local/info`)
    const { configuration } = info.ok ? ((await info.json()) as Info) : {}
    if (!configuration)
      throw new NoServer(`what answers at ${url} is no ecr-local; name one with --endpoint-url`)
    const ca = await fetch(`${url}/_ecr-local/ca.pem`)
    const { host, accountId, region, auth } = configuration
    return { url, host, accountId, region, auth, ca: ca.ok ? await ca.text() : undefined }
  } catch (error) {
    const reason = explainSilence(error, url)
    throw reason === undefined ? error : new NoServer(reason)
  }
}

interface Info {
  readonly configuration?: Pick<ServerFacts, 'host' | 'accountId' | 'region' | 'auth'>
}
