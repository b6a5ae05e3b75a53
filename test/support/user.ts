import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, rmSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** Where scripts/install-test-clients.sh puts what a machine lacks. */
const CACHE =
  process.env.ECR_LOCAL_TEST_CLIENTS ||
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ecr-local', 'clients')
const PATH = `${join(CACHE, 'bin')}${delimiter}${process.env.PATH}`

/** The built program: `npm test` builds it first. */
const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** A user of clients: a home without settings, and whatever it types in a shell there. */
export interface User {
  readonly home: string
  /** The environment of what it runs. */
  readonly variables: Record<string, string>
  /** Runs a script and answers with what it printed. Throws what it complained of when it fails. */
  sh(script: string, variables?: Record<string, string>): Promise<string>
  /** Runs a script that is to fail. */
  failing(script: string, variables?: Record<string, string>): Promise<{ exitCode: number; stderr: string }>
  /** Starts what runs until the user leaves, once it has printed what the pattern asks for. */
  start(command: string, pattern: RegExp): Promise<RegExpExecArray>
  /** Writes a file, with the directories above it. */
  write(file: string, content: string | Uint8Array): Promise<void>
  read(file: string): Promise<Buffer>
}

/** How a registry is reached, and a login to it. */
export interface Login {
  /** Its host and port. */
  readonly registry: string
  /** User and password in base64, as GetAuthorizationToken answers them. */
  readonly token: string
  /** The CA to trust, in PEM, of one that is spoken to by HTTPS. */
  readonly ca?: string | undefined
}

/**
 * Logs a user in to a registry, which is `$REGISTRY` from then on, by `$PASSWORD`, and leads the AWS tools there.
 * Every client reads Docker's settings, whatever else it has of its own.
 */
export async function logIn({ home, variables, write }: User, { registry, token, ca }: Login): Promise<void> {
  const [, password = ''] = Buffer.from(token, 'base64').toString().split(':')
  const url = `${ca ? 'https' : 'http'}://${registry}`
  Object.assign(variables, { AWS_ENDPOINT_URL: url, REGISTRY: registry, PASSWORD: password })
  const auths = { [registry]: { auth: token }, [registry.replace('localhost', '127.0.0.1')]: { auth: token } }
  await write('.docker/config.json', JSON.stringify({ auths }))

  if (!ca) return
  await write('ca.pem', ca)
  const file = `${home}/ca.pem`
  // Go, Python and OpenSSL read the one variable, the AWS tools the other.
  Object.assign(variables, { SSL_CERT_FILE: file, AWS_CA_BUNDLE: file })
}

/** Whether a client is found, on the machine or where scripts/install-test-clients.sh put it. */
export function isInstalled(client: string): boolean {
  return PATH.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, client), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Makes a user; `leave` ends what still runs and takes the home away. */
export async function aUser(): Promise<{ user: User; leave: () => void }> {
  const home = await mkdtemp(join(tmpdir(), 'ecr-local-user-'))
  const running = new Set<ChildProcess>()
  // Nothing of the environment of whoever runs the tests: settings in it would reach the clients.
  const variables: Record<string, string> = {
    PATH: `${join(home, 'bin')}${delimiter}${PATH}`,
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    XDG_RUNTIME_DIR: join(home, 'run'),
    LC_ALL: 'C.UTF-8',
    CLIENTS: CACHE,
    // Go's runtime alone takes longer to compile than all else that ko does.
    GOCACHE: process.env.GOCACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'go-build'),
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  }

  function run(script: string, more: Record<string, string> = {}) {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: home,
      env: { ...variables, ...more },
      // A group of its own, so that what it leaves running ends with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    return child
  }

  function end(child: ChildProcess): void {
    running.delete(child)
    try {
      process.kill(-(child.pid as number), 'SIGKILL')
    } catch {
      // The whole group has ended.
    }
  }

  async function outcome(script: string, more?: Record<string, string>) {
    const child = run(script, more)
    const printed = Promise.all([text(child.stdout), text(child.stderr)])
    const [exitCode] = (await once(child, 'exit')) as [number]
    end(child)
    const [stdout, stderr] = await printed
    return { exitCode, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() }
  }

  const user: User = {
    home,
    variables,
    async sh(script, more) {
      const { exitCode, stdout, stderr } = await outcome(script, more)
      if (exitCode !== 0) throw new Error(`${script}\nexited with ${exitCode}:\n${stderr}\n${stdout}`)
      return stdout
    },
    async failing(script, more) {
      const { exitCode, stdout, stderr } = await outcome(script, more)
      if (exitCode === 0) throw new Error(`${script}\nwas to fail, and printed:\n${stdout}`)
      return { exitCode, stderr }
    },
    async start(command, pattern) {
      const child = run(`exec ${command} 2>&1`)
      let printed = ''
      for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
        printed += chunk
        const match = pattern.exec(printed)
        if (!match) continue
        child.stdout.resume()
        return match
      }
      throw new Error(`${command}\nended:\n${printed}`)
    },
    async write(file, content) {
      await mkdir(dirname(join(home, file)), { recursive: true })
      await writeFile(join(home, file), content)
    },
    read: (file) => readFile(join(home, file)),
  }
  await user.write('bin/ecr-local', `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`)
  await chmod(join(home, 'bin/ecr-local'), 0o755)
  await mkdir(join(home, 'tmp'))
  await mkdir(join(home, 'run'))

  return {
    user,
    leave() {
      for (const child of running) end(child)
      rmSync(home, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
