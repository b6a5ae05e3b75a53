import type { Frame, SelfTime } from './cpu-profile.ts'

export const IDLE = 'idle'

/** Time that is none of a function's, by the names that V8 gives it. */
const STATES: Readonly<Record<string, string>> = {
  '(idle)': IDLE,
  '(garbage collector)': 'garbage collection',
  '(program)': 'native code of no function: the event loop, sockets accepted and read',
  '(root)': 'native code of no function: the event loop, sockets accepted and read',
}

const SOCKETS = 'sockets: written, shut down'
const HTTP = 'node:http, node:net, streams'
const FILES = 'files'
const HASHING = 'hashing and cryptography'
const SQLITE = 'SQLite'
const LOG = 'the log'

/** By the first that fits the URL of a module of Node.js. */
const OF_NODE: readonly [RegExp, string][] = [
  [/^node:(fs|internal\/fs)/, FILES],
  [/^node:(crypto|internal\/crypto)/, HASHING],
  [
    /^node:(_?http|internal\/http|_stream|stream|internal\/stream|net|internal\/net|internal\/js_stream)/,
    HTTP,
  ],
  [
    /^node:(module|internal\/(modules|bootstrap|main|process\/(esm|execution)|vm))/,
    'Node.js: modules loaded',
  ],
  [/^node:/, 'Node.js: the rest (buffers, events, timers, promises, …)'],
]

/** The packages of a log that is written by pino. */
const OF_LOG = /^(pino|sonic-boom|thread-stream|safe-stable-stringify|quick-format-unescaped|atomic-sleep)/

/** Methods of a handle of a socket: node/src/stream_base.cc, tcp_wrap.cc. */
const OF_SOCKETS =
  /^(write(v|Buffer|Latin1String|Utf8String|AsciiString|Ucs2String)|shutdown|readStart|readStop)$/

/** Methods of better-sqlite3 that run SQLite. */
const OF_SQLITE = /^(get|all|run|exec|iterate|next|prepare|pragma|transaction|backup|Database|Statement)$/

/**
 * Where time was spent, in words of people: a native function belongs to what called it, unless its name tells more, and the
 * file of the log to the log.
 *
 * @param dist the directory of the build
 */
export function placeOf({ frame, caller, asker }: SelfTime, dist: string): string {
  const place = placeOfFunction(frame, caller, dist)
  const isOfLog = place === FILES && asker && placeOfModule(asker.url, dist) === LOG
  return isOfLog ? LOG : place
}

function placeOfFunction({ functionName, url }: Frame, caller: Frame | undefined, dist: string): string {
  if (url !== '') return placeOfModule(url, dist)
  const state = STATES[functionName]
  if (state) return state
  const place = caller ? placeOfModule(caller.url, dist) : 'others'
  if (place === HTTP && OF_SOCKETS.test(functionName)) return SOCKETS
  if (place.startsWith('dist/') && OF_SQLITE.test(functionName)) return SQLITE
  return place
}

function placeOfModule(url: string, dist: string): string {
  for (const [pattern, place] of OF_NODE) if (pattern.test(url)) return place
  const path = pathOf(url)
  const name = packageOf(path)
  if (name === 'better-sqlite3') return SQLITE
  if (name && OF_LOG.test(name)) return LOG
  if (name) return `package ${name}`
  if (!path.startsWith(`${dist}/`)) return 'others'
  const [room = '', ...rest] = path.slice(dist.length + 1).split('/')
  if (room === 'server' && rest[0]?.startsWith('log')) return LOG
  return rest.length > 0 ? `dist/${room}` : 'dist (main.js, server.js, …)'
}

/** What a reader finds a module by: its path in the build, or its package. */
export function nameOfModule(url: string, dist: string): string {
  const path = pathOf(url)
  if (path.startsWith(`${dist}/`)) return `dist/${path.slice(dist.length + 1)}`
  return path.slice(path.lastIndexOf('/node_modules/') + 1).replace('node_modules/', '')
}

function packageOf(path: string): string | undefined {
  const after = path.split('/node_modules/').at(-1) as string
  return after === path ? undefined : /^(@[^/]+\/)?[^/]+/.exec(after)?.[0]
}

/** CommonJS modules have a path where others have a URL. */
function pathOf(url: string): string {
  return url.startsWith('file://') ? decodeURIComponent(new URL(url).pathname) : url
}
