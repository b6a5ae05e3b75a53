import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Request } from 'express'
import { destination, type Logger, pino } from 'pino'
import type { Config } from '../config.ts'

/** Where a server says what happens: one line per request, and each fault of its own, whole. */
export interface Log {
  request(request: IncomingMessage, response: ServerResponse): void
  /** Something that people should know of who wonder what the server does. */
  notice(text: string): void
  fault(error: unknown): void
}

/** A log in the format and from the level on that the configuration names; `silent` writes nothing at all. */
export function openLog({ logFormat, logLevel }: Pick<Config, 'logFormat' | 'logLevel'>): Log {
  if (logLevel === 'silent') return { request: nothing, notice: nothing, fault: nothing }
  const log = pino({ level: logLevel }, logFormat === 'json' ? jsonOnStderr() : { write: writePretty })
  return {
    request(request, response) {
      if (!log.isLevelEnabled('info')) return
      const startedAt = performance.now()
      response.once('close', () => writeRequest(log, request, response, startedAt))
    },
    notice(text) {
      log.warn(text)
    },
    fault(error) {
      log.error({ err: error }, 'fault')
    },
  }
}

function nothing(): void {}

function jsonOnStderr(): ReturnType<typeof destination> {
  const stderr = destination(2)
  // A log that nobody reads any more must not end the server.
  stderr.on('error', () => undefined)
  return stderr
}

/** Of a header that may hold anything, what can be an operation: the rest might do as a line of its own. */
const OPERATION = /\.(\w{1,100})$/

function writeRequest(
  log: Logger,
  request: IncomingMessage,
  response: ServerResponse,
  startedAt: number,
): void {
  // Express takes off a URL what a router is mounted at, and keeps the whole.
  const { originalUrl = request.url } = request as Partial<Request>
  log.info(
    {
      method: request.method,
      // Signatures and their like stand in the query: they stay out of the log.
      path: originalUrl?.split('?')[0],
      operation: OPERATION.exec(String(request.headers['x-amz-target']))?.[1],
      status: response.headersSent ? response.statusCode : undefined,
      error: response.getHeader('x-amzn-ErrorType'),
      milliseconds: Math.round((performance.now() - startedAt) * 10) / 10,
      aborted: response.writableFinished ? undefined : true,
    },
    'request',
  )
}

interface Line {
  readonly time: number
  readonly level: number
  readonly msg: string
  readonly err?: { readonly stack?: string }
  readonly method?: string
  readonly path?: string
  readonly operation?: string
  readonly status?: number
  readonly error?: string
  readonly milliseconds?: number
  readonly aborted?: boolean
}

/** Lines for people, on stderr: stdout is for what was asked for. */
function writePretty(json: string): void {
  const line = JSON.parse(json) as Line
  const time = new Date(line.time).toISOString().slice(11, 23)
  const text = line.method
    ? [
        line.method,
        line.path,
        line.operation,
        line.status,
        line.error,
        line.aborted && 'aborted',
        `${line.milliseconds} ms`,
      ]
        .filter(Boolean)
        .join(' ')
    : [line.msg, line.err?.stack].filter(Boolean).join(' ')
  process.stderr.write(`${time} ${asOneEntry(text)}\n`)
}

/** A text may quote what others sent: none of its lines looks like another entry, and no terminal obeys it. */
function asOneEntry(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n]/gu, '').replaceAll('\n', '\n  ')
}
