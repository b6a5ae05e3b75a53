import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, rmSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { DescribeImagesCommand, type ImageDetail } from '@aws-sdk/client-ecr'
import { test } from 'vitest'
import type { Emulator } from './emulator.ts'
import { registryClient } from './registry.ts'
import { relayTls } from './tls-only.ts'

/** Where scripts/install-test-clients.sh puts what a machine lacks. */
const CACHE =
  process.env.ECR_LOCAL_TEST_CLIENTS ||
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ecr-local', 'clients')
const PATH = `${join(CACHE, 'bin')}${delimiter}${process.env.PATH}`

/** The built program: `npm test` builds it first. */
const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** By what the clients speak to the server, each in a run of its own; HTTPS wants an emulator with `tls`. */
export const SCHEMES = ['http', 'https'] as const
type Scheme = (typeof SCHEMES)[number]

/** A user of one test: a home without settings, and whatever it types in a shell there. */
export interface User {
  readonly home: string
  /** The environment of what it runs. */
  readonly variables: Record<string, string>
  /** Runs a script and answers with what it printed. What it complains of fails the test when it fails. */
  sh(script: string, variables?: Record<string, string>): Promise<string>
  /** Runs a script that is to fail. */
  failing(script: string, variables?: Record<string, string>): Promise<{ exitCode: number; stderr: string }>
  /** Starts what runs until the test is over, once it has printed what the pattern asks for. */
  start(command: string, pattern: RegExp): Promise<RegExpExecArray>
  /** Writes a file, with the directories above it. */
  write(file: string, content: string | Uint8Array): Promise<void>
  read(file: string): Promise<Buffer>
}

/**
 * `it` for tests that run clients, each as a user of its own. With an emulator, the user is logged in to its
 * registry, which is `$REGISTRY`, by `$PASSWORD`, and the AWS tools find it. With HTTPS, what it runs trusts the
 * server, or can be told to by `$SSL_CERT_FILE`. Without a client the test is skipped; where clients are
 * required, it fails.
 */
export function clientTest(clients: readonly string[], ecr?: Emulator, scheme: Scheme = 'http') {
  return test.extend<{ user: User }>({
    user: [
      async ({ skip }, use) => {
        const absent = clients.filter((client) => !isInstalled(client))
        const reason = `needs ${absent.join(', ')}: see scripts/install-test-clients.sh`
        if (absent.length > 0 && process.env.ECR_LOCAL_REQUIRE_CLIENTS) throw new Error(reason)
        skip(absent.length > 0, reason)

        const { user, leave } = await aUser()
        const relay = ecr && scheme === 'https' ? await relayTls(ecr.server.port) : undefined
        if (ecr) await logIn(user, ecr, relay?.port)
        await use(user)
        leave()
        relay?.close()
      },
      { auto: true },
    ],
  })
}

/** Every client reads Docker's settings, whatever else it has of its own. */
async function logIn({ home, variables, write }: User, ecr: Emulator, tlsPort?: number): Promise<void> {
  const registry = tlsPort ? `localhost:${tlsPort}` : ecr.server.registry
  const [, auth = ''] = (await registryClient(ecr).authorization()).split(' ')
  const [, password = ''] = Buffer.from(auth, 'base64').toString().split(':')
  Object.assign(variables, { AWS_ENDPOINT_URL: ecr.server.url, REGISTRY: registry, PASSWORD: password })
  const auths = { [registry]: { auth }, [registry.replace('localhost', '127.0.0.1')]: { auth } }
  await write('.docker/config.json', JSON.stringify({ auths }))

  if (!tlsPort) return
  await write('ca.pem', ecr.server.ca ?? '')
  const file = `${home}/ca.pem`
  // Go, Python and OpenSSL read the one variable, the AWS tools the other.
  Object.assign(variables, {
    AWS_ENDPOINT_URL: `https://${registry}`,
    SSL_CERT_FILE: file,
    AWS_CA_BUNDLE: file,
  })
}

function isInstalled(client: string): boolean {
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
async function aUser(): Promise<{ user: User; leave: () => void }> {
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

/** All images of a repository, in the order of first push. */
export async function imagesOf(ecr: Emulator, repositoryName: string): Promise<ImageDetail[]> {
  const { imageDetails } = await ecr.client().send(new DescribeImagesCommand({ repositoryName }))
  return imageDetails ?? []
}
