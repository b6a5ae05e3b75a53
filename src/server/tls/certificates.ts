import { networkInterfaces } from 'node:os'
import { createSecureContext, type SecureContext } from 'node:tls'
import { isOwnName, type OwnNames } from '../own-names.ts'
import type { Authority, Certified } from './authority.ts'

/** A certificate with its key, in both forms that Node wants. */
export interface Identity extends Certified {
  readonly context: SecureContext
}

/** What this server shows of itself. */
export interface Certificates {
  /** @param name that the client asked for (SNI); none for who asks for an address */
  identityFor(name?: string): Promise<Identity>
}

/** A certificate that is shown for every name. */
export function oneCertificate(certified: Certified): Certificates {
  const identity = identityOf(certified)
  return { identityFor: async () => identity }
}

function identityOf({ certificate, key }: Certified): Identity {
  return { certificate, key, context: createSecureContext({ cert: certificate, key }) }
}

/** Renewed this long before they expire. */
const RENEWAL_MILLISECONDS = 30 * 24 * 60 * 60 * 1000

/**
 * Certificates of a CA of our own, one for each name that this server has. Who asks for another name is shown
 * that of `localhost`, and can read there for which names it is good.
 *
 * @param now epoch milliseconds
 * @param most that are kept: names below `.localhost` have no end, and the oldest goes
 */
export function issuedCertificates(
  authority: Authority,
  names: OwnNames,
  now: () => number,
  { most = 256 } = {},
): Certificates {
  const known = new Map<string, Promise<{ identity: Identity; renewAt: number }>>()

  async function issue(name: string) {
    const hosts = name === 'localhost' ? [...new Set(['localhost', ...addressesOf(names)])] : [name]
    const { expiresAt, ...certified } = await authority.issue(hosts, now())
    return { identity: identityOf(certified), renewAt: expiresAt - RENEWAL_MILLISECONDS }
  }

  function remember(name: string) {
    const issued = issue(name)
    known.set(name, issued)
    // Who waits for it hears of a failure; the next one tries again.
    issued.catch(() => known.delete(name))
    const [oldest] = known.keys()
    if (known.size > most && oldest !== undefined) known.delete(oldest)
    return issued
  }

  return {
    async identityFor(asked = 'localhost') {
      const lower = asked.toLowerCase()
      const name = isOwnName(lower, names) ? lower : 'localhost'
      let issued = await (known.get(name) ?? remember(name))
      if (issued.renewAt <= now()) issued = await remember(name)
      return issued.identity
    },
  }
}

/** The addresses that a client may have used: it asks for no name with them, and one certificate has them all. */
function addressesOf({ host, allowedHost }: OwnNames): string[] {
  const isAny = host === '0.0.0.0' || host === '::'
  const interfaces = isAny ? Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []) : []
  const listened = isAny ? interfaces.map(({ address }) => address) : [host]
  return ['127.0.0.1', '::1', ...listened, ...allowedHost].map((name) => name.toLowerCase())
}
