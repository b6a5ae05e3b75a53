import { z } from 'zod'

/** A choice that can't be taken. The message tells what can. */
export class UnusableConfig extends Error {
  override readonly name = 'UnusableConfig'
}

/** Everything that can be chosen about a server. Every default is in this schema. */
export const configSchema = z.strictObject({
  /** 0 takes any free port. */
  port: z.int().min(0).max(65_535).default(3270),
  host: z.string().min(1).default('127.0.0.1'),
  dataDir: z.string().min(1).default('.ecr-local'),
  /** Keep nothing: the data directory is a temporary one that goes with the process. */
  inMemory: z.boolean().default(false),
  accountId: z
    .string()
    .regex(/^[0-9]{12}$/)
    .default('000000000000'),
  region: z
    .string()
    .regex(/^[a-z0-9-]{2,25}$/)
    .default('us-east-1'),
  auth: z.enum(['open', 'strict']).default('open'),
  /** An AWS shared-credentials file. */
  credentials: z.string().min(1).optional(),
  anonymous: z.enum(['nothing', 'pull', 'push']).default('nothing'),
  /** The host of `repositoryUri`, with `{account}`, `{region}` and `{port}`; by default the caller's own. */
  registryHost: z
    .string()
    .regex(/^(?:(?:[\w.-]|\{account\}|\{region\})+|\[[\da-fA-F:.]+\])(?::(?:\d+|\{port\}))?$/)
    .optional(),
  /** HTTPS beside HTTP, on the same port; with a CA of the data directory's own unless a certificate is given. */
  tls: z.boolean().default(false),
  /** A file in PEM: the certificate for every name, and what certifies it. */
  tlsCert: z.string().min(1).optional(),
  /** A file in PEM: the key of `tlsCert`. */
  tlsKey: z.string().min(1).optional(),
  /** Names by which browsers may reach the server, and that its own certificates hold good for; without a port. */
  allowedHost: z
    .array(z.string().regex(/^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|[0-9a-f:]*:[0-9a-f:.]*)$/i))
    .default([]),
  /** Each event is posted here. */
  eventsUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** Each event is put here, by PutEvents, which is signed: a login has no place in it, and would be shown. */
  eventbridgeUrl: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !/^[^/]*\/\/[^/?#]*@/.test(url))
    .optional(),
  /** Where an upstream of pull through cache is instead: `<host>=<URL>`; a login belongs among the secrets. */
  upstream: z.array(z.string().regex(/^[^=\s]+=https?:\/\/[^/?#@\s]+\/?$/)).default([]),
  /** A JSON file with the logins of upstreams, which stands for Secrets Manager. */
  secrets: z.string().min(1).optional(),
  /** A JSON file with what scans shall find. */
  findings: z.string().min(1).optional(),
  /** Trivy or Grype, or where one lies: told by the name. */
  scanner: z
    .string()
    .regex(/(?:^|\/)(?:trivy|grype)[^/]*$/)
    .optional(),
  /** Seconds. */
  scannerTimeout: z.number().positive().max(86_400).default(300),
  wire: z.enum(['spec', 'ecr']).default('spec'),
  logFormat: z.enum(['pretty', 'json']).default('pretty'),
  logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
})

export type Config = z.output<typeof configSchema>

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
