import { DescribeImagesCommand, type ImageDetail } from '@aws-sdk/client-ecr'
import { test } from 'vitest'
import type { Emulator } from './emulator.ts'
import { registryClient } from './registry.ts'
import { type Relay, relayTls, tunnelTls } from './tls-only.ts'
import { aUser, isInstalled, logIn, type User } from './user.ts'

/** By what the clients speak to the server, each in a run of its own; HTTPS wants an emulator with `tls`. */
export const SCHEMES = ['http', 'https'] as const
type Scheme = (typeof SCHEMES)[number]

/** The default account's registry as Amazon names it. */
export const AT_AMAZON = '000000000000.dkr.ecr.eu-west-1.amazonaws.com'

/** Of a registry that is spoken to by HTTPS; to some clients `localhost`, or any loopback address, is always plain. */
type Host = 'localhost' | '127.0.0.1' | typeof AT_AMAZON

/**
 * `it` for tests that run clients, each as a user of its own. With an emulator, the user is logged in to its
 * registry, which is `$REGISTRY`, by `$PASSWORD`, and the AWS tools find it. With HTTPS, what it runs trusts the
 * server, or can be told to by `$SSL_CERT_FILE`. Without a client the test is skipped; where clients are
 * required, it fails.
 */
export function clientTest(
  clients: readonly string[],
  ecr?: Emulator,
  scheme: Scheme = 'http',
  host: Host = 'localhost',
) {
  return test.extend<{ user: User }>({
    user: [
      async ({ skip }, use) => {
        const absent = clients.filter((client) => !isInstalled(client))
        const reason = `needs ${absent.join(', ')}: see scripts/install-test-clients.sh`
        if (absent.length > 0 && process.env.ECR_LOCAL_REQUIRE_CLIENTS) throw new Error(reason)
        skip(absent.length > 0, reason)

        const { user, leave } = await aUser()
        const relay = ecr && scheme === 'https' ? await lead(user, ecr, host) : undefined
        if (ecr && !relay) await logIn(user, { registry: ecr.server.registry, token: await tokenOf(ecr) })
        await use(user)
        leave()
        relay?.close()
      },
      { auto: true },
    ],
  })
}

/** Logs a user in to where nothing but HTTPS gets through to the emulator. */
async function lead(user: User, ecr: Emulator, host: Host): Promise<Relay> {
  const { port, ca } = ecr.server
  const relay = await (host === AT_AMAZON ? tunnelTls(port) : relayTls(port))
  const registry = host === AT_AMAZON ? host : `${host}:${relay.port}`
  await logIn(user, { registry, token: await tokenOf(ecr), ca })
  if (host === AT_AMAZON) user.variables.https_proxy = `http://127.0.0.1:${relay.port}`
  return relay
}

async function tokenOf(ecr: Emulator): Promise<string> {
  const [, token = ''] = (await registryClient(ecr).authorization()).split(' ')
  return token
}

/** All images of a repository, in the order of first push. */
export async function imagesOf(ecr: Emulator, repositoryName: string): Promise<ImageDetail[]> {
  const { imageDetails } = await ecr.client().send(new DescribeImagesCommand({ repositoryName }))
  return imageDetails ?? []
}
