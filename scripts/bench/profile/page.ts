import { table } from '../report/markdown.ts'
import { figure } from '../report/rows.ts'
import { IDLE } from './places.ts'
import type { Tally } from './tally.ts'

export interface ProfiledBuild {
  readonly name: string
  readonly tally: Tally
  /** Why it has no whole profile. */
  absence?: string
}

/** What was found of one scenario. */
export interface Profiled {
  readonly scenario: string
  readonly builds: readonly ProfiledBuild[]
}

export interface Facts {
  readonly date: string
  readonly command: string
  readonly machine: readonly (readonly [string, string])[]
  readonly rounds: number
  readonly seconds: number
}

/** A place with less than so much of the time of every build is one of the others. */
const SHARE_AT_LEAST = 0.005
const FUNCTIONS = 10

/** The page of one run, as docs/profile.md keeps it. */
export function page({ date, command, machine, rounds, seconds }: Facts, all: readonly Profiled[]): string {
  return [
    '# Where the time goes',
    `Profiled on ${date.slice(0, 10)} by \`${command}\`, which writes this page: ${rounds} × ${seconds} s of each ` +
      'scenario of the [benchmark](performance.md), or as many operations where one is a start or a large blob, in which ' +
      'the builds took turns, with the profiler of V8 in the server, which takes a sample every 0.2 ms while the load lasts. How it is made is in ' +
      '[scripts/bench](../scripts/bench/README.md).',
    machine
      .map(([name, value]) => `${name}: ${value}`)
      .join('; ')
      .concat('.'),
    'Microseconds are those of one operation (a whole push, a page, an answer, a start), and percent are of the time in ' +
      'which the main thread was not idle; idle itself is in percent of all time. Time in other threads (hashing of large ' +
      'blobs, files that are read, written and synced) is in none of it, but for what the main thread does to ask for it. A native ' +
      'function counts where it was called from. Of a start, what Node.js does before the first module is missing. A profiler takes time itself: speeds are in the benchmark.',
    ...all.map(section),
  ]
    .join('\n\n')
    .concat('\n')
}

function section({ scenario, builds }: Profiled): string {
  const found = builds.filter(({ tally }) => tally.operations > 0)
  const missing = builds.filter(({ absence }) => absence !== undefined)
  return [
    `## ${scenario}`,
    ...missing.map(({ name, absence }) => `Of \`${name}\` there is no whole profile: ${absence}`),
    ...(found.length > 0 ? [places(found), functions(found)] : []),
  ].join('\n\n')
}

function places(builds: readonly ProfiledBuild[]): string {
  const heading = ['where', ...builds.flatMap(({ name }) => [`${name}, µs`, '%'])]
  const total = builds.flatMap(({ tally }) => [figure(tally.busyMicroseconds / tally.operations), '100'])
  const names = new Set(builds.flatMap(({ tally }) => [...tally.places.keys()]))
  names.delete(IDLE)
  const shares = [...names].map((name) => ({
    name,
    most: Math.max(...builds.map(({ tally }) => timeAt(tally, name) / tally.busyMicroseconds)),
  }))
  const small = shares.filter(({ most }) => most < SHARE_AT_LEAST).map(({ name }) => name)
  const large = shares.filter(({ most }) => most >= SHARE_AT_LEAST).sort((a, b) => b.most - a.most)
  return table(heading, [
    ['idle, of all time', ...builds.flatMap(({ tally }) => cells(tally, [IDLE], tally.microseconds))],
    ['**not idle**', ...total],
    ...large.map(({ name }) => [name, ...busyCells(builds, [name])]),
    ...(small.length > 0
      ? [[small.length === 1 ? '1 other' : `${small.length} others`, ...busyCells(builds, small)]]
      : []),
  ])
}

function busyCells(builds: readonly ProfiledBuild[], names: readonly string[]): string[] {
  return builds.flatMap(({ tally }) => cells(tally, names, tally.busyMicroseconds))
}

function cells(tally: Tally, names: readonly string[], whole: number): [string, string] {
  const microseconds = names.reduce((sum, name) => sum + timeAt(tally, name), 0)
  if (microseconds === 0) return ['', '']
  return [figure(microseconds / tally.operations), ((100 * microseconds) / whole).toFixed(1)]
}

function timeAt(tally: Tally, name: string): number {
  return tally.places.get(name) ?? 0
}

/** The functions of most self time of each build, side by side. */
function functions(builds: readonly ProfiledBuild[]): string {
  const columns = builds.map(({ tally }) =>
    [...tally.functions]
      .slice(0, FUNCTIONS)
      .map(([name, microseconds]) => [
        `\`${name}\``,
        figure(microseconds / tally.operations),
        ((100 * microseconds) / tally.busyMicroseconds).toFixed(1),
      ]),
  )
  const heading = builds.flatMap(({ name }) => [`${name}: functions of most self time`, 'µs', '%'])
  const length = Math.max(...columns.map((column) => column.length))
  const rows = Array.from({ length }, (_, row) => columns.flatMap((column) => column[row] ?? ['', '', '']))
  return table(heading, rows)
}
