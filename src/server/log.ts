import type { IncomingMessage, ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import type { Config } from '../config.ts'
import { gatherLines } from './log-lines.ts'

/** Where a server says what happens: one line per request, and each fault of its own, whole. */
export interface Log {
  request(request: IncomingMessage, response: ServerResponse): void
  /** Something that people should know of who wonder what the server does. */
  notice(text: string): void
  fault(error: unknown): void
}

/** The numbers by which pino, bunyan and who reads their lines know the levels. */
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const

/** What is said, under pino's names where it has one. */
interface Line {
  readonly level: number
  /** Epoch milliseconds. */
  readonly time: number
  readonly msg: string
  readonly err?: WrittenError
  readonly method?: string | undefined
  readonly path?: string | undefined
  readonly operation?: string | undefined
  readonly status?: number | undefined
  readonly error?: unknown
  readonly milliseconds?: number
  readonly aborted?: true | undefined
}

interface WrittenError {
  readonly type: string
  readonly message: string
  readonly stack: string
}

/**
 * A log in the format and from the level on that the configuration names; `silent` writes nothing at all. It goes to
 * stderr: stdout is for what was asked for. No library's: every start would wait for it.
 */
export function openLog({ logFormat, logLevel }: Pick<Config, 'logFormat' | 'logLevel'>): Log {
  if (logLevel === 'silent') return { request: nothing, notice: nothing, fault: nothing }
  const print = logFormat === 'json' ? JSON.stringify : printForPeople
  // A log that nobody reads any more must not end the server; one listener for any number of servers.
  process.stderr.off('error', nothing).on('error', nothing)
  const lines = gatherLines((text) => process.stderr.write(text))

  function write(level: keyof typeof LEVELS, line: Omit<Line, 'level' | 'time'>): void {
    lines.add(`${print({ level: LEVELS[level], time: Date.now(), ...line })}\n`)
  }
  const isEnabled = (level: keyof typeof LEVELS): boolean => LEVELS[level] >= LEVELS[logLevel]
  return {
    request: isEnabled('info')
      ? (request, response) => {
          const startedAt = performance.now()
          response.on('close', () => write('info', describeRequest(request, response, startedAt)))
        }
      : nothing,
    notice: isEnabled('warn') ? (text) => write('warn', { msg: text }) : nothing,
    fault: (error) => write('error', { msg: 'fault', err: describeError(error) }),
  }
}

function nothing(): void {}

/** Of a header that may hold anything, what can be an operation: the rest might do as a line of its own. */
const OPERATION = /\.(\w{1,100})$/

function describeRequest(
  request: IncomingMessage,
  response: ServerResponse,
  startedAt: number,
): Omit<Line, 'level' | 'time'> {
  // Express takes off a URL what a router is mounted at, and keeps the whole.
  const { originalUrl = request.url ?? '' } = request as { originalUrl?: string }
  const target = request.headers['x-amz-target']
  // Signatures and their like stand in the query: they stay out of the log.
  const queryAt = originalUrl.indexOf('?')
  return {
    msg: 'request',
    method: request.method,
    path: queryAt < 0 ? originalUrl : originalUrl.slice(0, queryAt),
    operation: target === undefined ? undefined : OPERATION.exec(String(target))?.[1],
    status: response.headersSent ? response.statusCode : undefined,
    error: response.getHeader('x-amzn-ErrorType'),
    milliseconds: Math.round((performance.now() - startedAt) * 10) / 10,
    aborted: response.writableFinished ? undefined : true,
  }
}

/** With its causes and what else it knows: `inspect` prints them under the stack. */
function describeError(error: unknown): WrittenError {
  const { name = typeof error, message = String(error) } = error instanceof Error ? error : {}
  return { type: name, message, stack: inspect(error) }
}

function printForPeople(line: Line): string {
  const text = line.method ? wordsOf(line) : [line.msg, line.err?.stack].filter(Boolean).join(' ')
  return `${timeOfDay(line.time)} ${asOneEntry(text)}`
}

function wordsOf({ method, path, operation, status, error, aborted, milliseconds }: Line): string {
  let words = `${method} ${path}`
  if (operation) words += ` ${operation}`
  if (status) words += ` ${status}`
  if (error) words += ` ${error}`
  if (aborted) words += ' aborted'
  return `${words} ${milliseconds} ms`
}

let lastTime = Number.NaN
let lastTimeOfDay = ''

/** Many lines are of the same millisecond. */
function timeOfDay(time: number): string {
  if (time !== lastTime) {
    lastTime = time
    lastTimeOfDay = new Date(time).toISOString().slice(11, 23)
  }
  return lastTimeOfDay
}

const CONTROL_CHARACTER = /\p{Cc}/u

/** A text may quote what others sent: none of its lines looks like another entry, and no terminal obeys it. */
function asOneEntry(text: string): string {
  if (!CONTROL_CHARACTER.test(text)) return text
  return text.replaceAll(/[^\P{Cc}\n]/gu, '').replaceAll('\n', '\n  ')
}
