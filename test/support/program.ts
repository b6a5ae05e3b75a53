import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The built program: `npm test` builds it first. */
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

type Variables = Readonly<Record<string, string>>

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function spawnProgram(args: readonly string[], variables: Variables): ChildProcess {
  const { PATH = '', TMPDIR } = process.env
  const env = { PATH, ...(TMPDIR && { TMPDIR }), ...variables }
  return spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
    })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, ...written }
}

/** Runs `ecr-local` with these arguments, and no variables but these, until it ends by itself. */
export async function run(args: readonly string[], variables: Variables = {}): Promise<Outcome> {
  return outcomeOf(spawnProgram(args, variables))
}

export interface Program {
  readonly process: ChildProcess
  readonly url: string
  readonly greeting: string
  /** Ends it by a signal; answers with all that it wrote. */
  stop(signal?: NodeJS.Signals): Promise<Outcome>
}

/** Runs `ecr-local` on a free port until it serves. */
export async function launch(args: readonly string[], variables: Variables = {}): Promise<Program> {
  const child = spawnProgram([...args, '--port', '0'], variables)
  const outcome = outcomeOf(child)
  const greeting = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', resolve)
    outcome.then(({ stderr }) => reject(new Error(`It did not start: ${stderr}`)), reject)
  })
  return {
    process: child,
    url: /serves at (\S+)/.exec(greeting)?.[1] ?? '',
    greeting,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return outcome
    },
  }
}
