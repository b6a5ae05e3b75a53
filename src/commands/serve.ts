import { type Config, readConfig } from '../config.ts'
import { type RunningServer, startServer } from '../server.ts'

/** Serves until a signal comes. Answers with the exit code. */
export async function serve(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const config = readConfig(args, environment)
  // From now on, not from the greeting on: a server that is stopped while it starts leaves nothing behind either.
  const stopped = signalled()
  let server: RunningServer
  try {
    server = await startServer(config)
  } catch (error) {
    const reason = explain(error, config)
    if (reason === undefined) throw error
    process.stderr.write(`ecr-local: ${reason}\n`)
    return 1
  }
  process.stdout.write(greeting(server, config))
  await stopped
  await server.close()
  return 0
}

/** What to type next. */
function greeting(server: RunningServer, { region, inMemory, dataDir }: Config): string {
  const { url, registry, httpsUrl, ca } = server
  const certified = ca === undefined ? '' : `, certified by the CA at ${url}/_ecr-local/ca.pem`
  return `ecr-local serves at ${url}
${httpsUrl === undefined ? '' : `and at ${httpsUrl}${certified}\n`}
  export AWS_ENDPOINT_URL_ECR=${url} AWS_REGION=${region} AWS_DEFAULT_REGION=${region}
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  aws ecr create-repository --repository-name hello
  aws ecr get-login-password | helm registry login -u AWS --password-stdin ${registry} --plain-http

Stop it with Ctrl-C; ${inMemory ? 'nothing is kept' : `${dataDir} keeps everything`}.
`
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once, as it does by default. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
      resolve()
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}

/** A failure that the user can mend, with how; undefined for others. */
function explain(error: unknown, config: Config): string | undefined {
  const { code, name, message, syscall } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return `port ${config.port} is taken; stop what listens there, or choose another with --port (0 takes any free one)`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `this machine has no address ${config.host}; choose another with --host`
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return `${message}; ${remedyOf(error as NodeJS.ErrnoException, config)}`
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return config.inMemory
      ? 'no space is left for temporary files'
      : `no space is left on the disk that holds ${config.dataDir}; make some, or choose another with --data-dir`
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return `${config.dataDir} is not a directory; choose another with --data-dir`
  if (code === 'ENOENT' && syscall === 'mkdir')
    return `no directory can be made at ${config.dataDir}; choose another with --data-dir`
  if (['UnusableDatabase', 'UnusableFindings', 'UnusableTls'].includes(name)) return message
  if (name === 'UnusableCredentials') return `${config.credentials}: ${message}`
  if (code === 'EISDIR') return `${config.credentials} is a directory; name a file with --credentials`
  if (code === 'ENOENT') return `${message}; name a file that is there`
  return undefined
}

/** What to do about what the system does not let this user do. */
function remedyOf({ syscall, path = '' }: NodeJS.ErrnoException, { dataDir }: Config): string {
  if (syscall === 'listen') return 'choose another port with --port'
  // What is read is named by a flag of its own.
  if (syscall === 'open' && !path.startsWith(dataDir)) return 'let this user read it, or name another'
  return 'choose a writable directory with --data-dir'
}
