/** What a tool is to be set up for. */
export interface Target {
  /** The host and port by which everybody here calls the server, `localhost:3270`. */
  readonly host: string
  /** The server as the tool reaches it. */
  readonly url: URL
  /** What the server itself listens on. */
  readonly listensOn: string
  /** The registry's name at Amazon, `<account>.dkr.ecr.<region>.amazonaws.com`. */
  readonly realHost: string
  /** In PEM, the CA to trust, where the server has one. */
  readonly ca: string | undefined
  /** Where files go: where the tool looks, unless the user says otherwise. */
  readonly directory: string
}

export interface File {
  readonly path: string
  readonly content: string
}

/** Files to be there, and what else is to be done or known, for people. */
export interface Settings {
  readonly files: readonly File[]
  readonly steps: string
}

/** How one tool is set up. */
export interface Tool {
  /** Where it looks for its files. */
  readonly directory: (user: User) => string
  /** How it reaches a server that listens on this machine; by default as everybody here does. */
  readonly reaches?: (url: URL) => URL
  readonly settings: (target: Target) => Settings
}

/** Whose settings they are. */
export interface User {
  readonly home: string
  readonly isRoot: boolean
}

/** A directory of our own, for files that the tool is given on its command line. */
export function ownDirectory({ home }: User, tool: string): string {
  return `${home}/.config/ecr-local/${tool}`
}

/** For pipes into a tool's login; a token is good for twelve hours. */
export const PASSWORD = 'aws ecr get-login-password'

/** What a client that keeps no settings is told on each call. */
export function trustFlag({ url, ca, directory }: Target): string {
  if (url.protocol === 'http:') return ' --plain-http'
  return ca === undefined ? '' : ` --ca-file ${directory}/ca.pem`
}

/** The CA that a tool needs when it speaks TLS: none where everybody trusts the server's certificate. */
export function trustedCa({ url, ca }: Target): string | undefined {
  return url.protocol === 'https:' ? ca : undefined
}

/** A file of the CA, where there is one. */
export function caFile(path: string, ca: string | undefined): File[] {
  return ca === undefined ? [] : [{ path, content: ca }]
}
