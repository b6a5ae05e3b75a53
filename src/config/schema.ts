import { choice, type Kind, number, onOff, optionalText, optionalUrl, text, texts } from './kinds.ts'

/** A choice that can't be taken. The message tells what can. */
export class UnusableConfig extends Error {
  override readonly name = 'UnusableConfig'
}

/** Everything that can be chosen about a server, with every default. Not of zod: every start would wait for it. */
export const configMembers = {
  /** 0 takes any free port. */
  port: number((port) => Number.isInteger(port) && port >= 0 && port <= 65_535, 3270),
  host: text('127.0.0.1'),
  dataDir: text('.ecr-local'),
  /** Keep nothing: the data directory is a temporary one that goes with the process. */
  inMemory: onOff(false),
  accountId: text('000000000000', /^[0-9]{12}$/),
  region: text('us-east-1', /^[a-z0-9-]{2,25}$/),
  auth: choice(['open', 'strict'], 'open'),
  /** An AWS shared-credentials file. */
  credentials: optionalText(),
  anonymous: choice(['nothing', 'pull', 'push'], 'nothing'),
  /** The host of `repositoryUri`, with `{account}`, `{region}` and `{port}`; by default the caller's own. */
  registryHost: optionalText(
    /^(?:(?:[\w.-]|\{account\}|\{region\})+|\[[\da-fA-F:.]+\])(?::(?:\d+|\{port\}))?$/,
  ),
  /** HTTPS beside HTTP, on the same port; with a CA of the data directory's own unless a certificate is given. */
  tls: onOff(false),
  /** A file in PEM: the certificate for every name, and what certifies it. */
  tlsCert: optionalText(),
  /** A file in PEM: the key of `tlsCert`. */
  tlsKey: optionalText(),
  /** Names by which browsers may reach the server, and that its own certificates hold good for; without a port. */
  allowedHost: texts(/^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|[0-9a-f:]*:[0-9a-f:.]*)$/i),
  /** Each event is posted here. */
  eventsUrl: optionalUrl(),
  /** Each event is put here, by PutEvents, which is signed: a login has no place in it, and would be shown. */
  eventbridgeUrl: optionalUrl(/^[^/]*\/\/[^/?#@]*(?:[/?#]|$)/),
  /** Where an upstream of pull through cache is instead: `<host>=<URL>`; a login belongs among the secrets. */
  upstream: texts(/^[^=\s]+=https?:\/\/[^/?#@\s]+\/?$/),
  /** A JSON file with the logins of upstreams, which stands for Secrets Manager. */
  secrets: optionalText(),
  /** A JSON file with what scans shall find. */
  findings: optionalText(),
  /** Trivy or Grype, or where one lies: told by the name. */
  scanner: optionalText(/(?:^|\/)(?:trivy|grype)[^/]*$/),
  /** Seconds. */
  scannerTimeout: number((seconds) => seconds > 0 && seconds <= 86_400, 300),
  wire: choice(['spec', 'ecr'], 'spec'),
  logFormat: choice(['pretty', 'json'], 'pretty'),
  logLevel: choice(['silent', 'error', 'warn', 'info', 'debug'], 'info'),
}

type KindOf<Member extends keyof typeof configMembers> = (typeof configMembers)[Member]

export type Config = {
  readonly [Member in keyof typeof configMembers]: KindOf<Member> extends Kind<infer Value> ? Value : never
}

/** What is chosen, each of which its kind accepts, and the defaults of what is not. */
export function withDefaults(chosen: Readonly<Record<string, unknown>>): Config {
  const values = Object.entries(configMembers).map(([member, kind]) => {
    const value = chosen[member]
    return [member, value === undefined ? kind.default : value]
  })
  return Object.fromEntries(values)
}

/**
 * Checks the choices that exclude or need one another, before defaults are filled in.
 *
 * @throws UnusableConfig
 */
export function checkTogether(chosen: { readonly [Member in keyof Config]?: unknown }): void {
  if (chosen.inMemory === true && chosen.dataDir !== undefined)
    throw new UnusableConfig('--in-memory keeps nothing and --data-dir keeps everything: choose one of them')
  if (chosen.auth === 'strict' && chosen.credentials === undefined)
    throw new UnusableConfig(
      '--auth strict needs the secrets of the access keys: name their file with --credentials',
    )
  if ((chosen.tlsCert === undefined) !== (chosen.tlsKey === undefined))
    throw new UnusableConfig('--tls-cert and --tls-key need each other')
  if (chosen.tlsCert !== undefined && chosen.tls === false)
    throw new UnusableConfig('--tls-cert is for HTTPS, which --tls=false turns off: choose one of them')
}
