import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { z } from 'zod'
import { ScanFailed, type Scanner } from '../domain/scanner.ts'
import { grypeReport } from '../rules/grype-report.ts'
import { trivyReport } from '../rules/trivy-report.ts'
import { findingsOf, type Report } from '../rules/vulnerability.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** How a scanner is called on a directory, and how its answer reads. */
interface Dialect {
  readonly args: (layout: string, timeoutSeconds: number) => readonly string[]
  readonly report: z.ZodType<Report>
}

/**
 * What a file of settings in the working directory may say of exit codes and output files is overridden: it would
 * make an answer look like a failure. `--quiet` would keep the reason of a failure back.
 */
const DIALECTS: readonly (readonly [name: string, Dialect])[] = [
  [
    'grype',
    {
      args: (layout) => [`oci-dir:${layout}`, '--output', 'json', '--file', '', '--fail-on', ''],
      report: grypeReport,
    },
  ],
  [
    'trivy',
    {
      // Trivy ends by itself after five minutes unless it is told another time.
      args: (layout, timeoutSeconds) => [
        ...['image', '--input', layout, '--format', 'json', '--output', '', '--scanners', 'vuln'],
        ...['--exit-code', '0', '--exit-on-eol', '0', '--no-progress', '--timeout', `${timeoutSeconds}s`],
      ],
      report: trivyReport,
    },
  ],
]

/** What a description keeps of what a program complains of, or of what is wrong with each line of its report. */
const COMPLAINT_LENGTH = 500

/** A report of a large image has some ten megabytes. */
const MOST_OUTPUT_BYTES = 256 * 1024 * 1024

export interface ScannerOptions {
  /** Trivy or Grype, or where one lies; told by the name. */
  readonly program: string
  readonly timeoutSeconds: number
}

/** A scanner that is a program of this machine, run once for each image. */
export function scannerProgram({ program, timeoutSeconds }: ScannerOptions): Scanner {
  const name = basename(program)
  const dialect = DIALECTS.find(([known]) => name.startsWith(known))?.[1]
  if (!dialect) throw new Error(`${program} is neither trivy nor grype`)
  const stopping = new AbortController()

  return {
    async scan(layOut) {
      const directory = await temporaryDirectory()
      try {
        await layOut(directory.path, stopping.signal)
        const args = dialect.args(directory.path, timeoutSeconds)
        const output = await run(program, args, timeoutSeconds, stopping.signal)
        return findingsOf(readReport(name, dialect, output))
      } finally {
        await directory.remove()
      }
    },
    stop: () => stopping.abort(),
  }
}

function readReport(name: string, { report }: Dialect, output: string): Report {
  let json: unknown
  try {
    json = JSON.parse(output)
  } catch {
    throw new ScanFailed(`${name} printed no JSON`)
  }
  const parsed = report.safeParse(json)
  if (!parsed.success)
    throw new ScanFailed(
      `${name} printed another report: ${z.prettifyError(parsed.error).slice(0, COMPLAINT_LENGTH)}`,
    )
  return parsed.data
}

/** What a program prints; it is killed, with all that it started, when the time is over or the server stops. */
async function run(
  program: string,
  args: readonly string[],
  timeoutSeconds: number,
  stop: AbortSignal,
): Promise<string> {
  stop.throwIfAborted()
  const name = basename(program)
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let failure: Error | undefined
  const end = (reason: Error): void => {
    failure ??= reason
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
  const timer = setTimeout(
    () => end(new ScanFailed(`${name} did not end within ${timeoutSeconds} seconds`)),
    timeoutSeconds * 1000,
  )
  const stopped = (): void => end(new Error('The server stops'))
  stop.addEventListener('abort', stopped)
  try {
    const ended = new Promise<number | null>((resolve) => {
      child.once('error', (error) => {
        failure ??= new ScanFailed(`${name} cannot be run: ${error.message}`)
      })
      child.once('close', resolve)
    })
    const complaints = lastBytesOf(child.stderr)
    const output: Buffer[] = []
    let outputBytes = 0
    child.stdout.on('data', (chunk: Buffer) => {
      outputBytes += chunk.length
      if (outputBytes > MOST_OUTPUT_BYTES) end(new ScanFailed(`${name} printed too much`))
      else output.push(chunk)
    })
    const code = await ended
    if (failure) throw failure
    if (code !== 0) throw new ScanFailed(`${name} ended with ${code ?? 'a signal'}: ${complaints()}`)
    return Buffer.concat(output).toString('utf8')
  } finally {
    clearTimeout(timer)
    stop.removeEventListener('abort', stopped)
  }
}

/** The end of what a stream says. */
function lastBytesOf(stream: NodeJS.ReadableStream): () => string {
  let tail = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-COMPLAINT_LENGTH)
  })
  return () => stripVTControlCharacters(tail.toString('utf8')).trim()
}
