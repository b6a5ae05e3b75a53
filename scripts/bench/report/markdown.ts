import type { Outcome } from '../outcome.ts'
import { outcomesOf, type Report } from './report.ts'
import { figure, type Row, rowsOf } from './rows.ts'

/** The page of one run, as docs/performance.md keeps it. */
export function markdown(report: Report): string {
  const { servers, limits, machine, plan, scenarios } = report
  return [
    '# Performance',
    `Measured on ${report.date.slice(0, 10)} by \`${report.command}\`, which writes this page: medians of ${plan.rounds} rounds ` +
      `of ${plan.seconds} s, in which the servers took turns. Every answer was compared with what was pushed. How it is ` +
      'measured, and against what, is in [scripts/bench](../scripts/bench/README.md).',
    '## The machine',
    table(['', ''], machine),
    table(
      ['what it can do', ''],
      limits.map(({ name, value, unit }) => [name, `${figure(value)} ${unit}`]),
    ),
    '## The servers',
    table(
      ['server', 'version', 'synced to disk before a push is answered'],
      servers.map(({ name, version, missing, durability }) => [
        name,
        version ?? `not measured: ${missing}`,
        durability,
      ]),
    ),
    '## The figures',
    'Times of an answer and processor time are in milliseconds, memory in MiB at its peak (or when idle). "Ours is" says ' +
      'how many times as fast as the server of the line the first one is. "Load" says how many processors the clients ' +
      'kept busy, which the server did not have.',
    ...scenarios.map((name) => `### ${name}\n\n${figures(outcomesOf(report, name))}`),
    '## Cost curves',
    'What an operation costs in a repository of growing size: operations a second, and milliseconds of processor time.',
    ...curves(report),
  ]
    .join('\n\n')
    .concat('\n')
}

function figures(outcomes: readonly Outcome[]): string {
  const heading = ['server', 'median', 'ours is', 'p50', 'p99', 'processor', 'memory', 'load', '']
  return table(
    heading,
    rowsOf(outcomes).map((row) => [row.server, ...cellsOf(row)]),
  )
}

function cellsOf(row: Row): string[] {
  if (row.reason !== undefined) return ['', '', '', '', '', '', '', row.reason]
  return [row.value, row.ratio, row.p50, row.p99, row.processor, row.memory, row.load, row.note]
}

/** A number of things in the name of a scenario, by which scenarios of one kind differ. */
const SIZE = /\b[\d,]+(?= (?:images|tags))/

/** One table for each kind of scenario that was measured at several sizes: a line for each server. */
function curves({ scenarios, servers, outcomes }: Report): string[] {
  const kinds = new Map<string, string[]>()
  for (const name of scenarios)
    if (SIZE.test(name)) {
      const kind = name.replace(SIZE, 'N')
      kinds.set(kind, [...(kinds.get(kind) ?? []), name])
    }
  return [...kinds].map(([kind, names]) => {
    const lines = servers.map(({ name: server }) => [
      server,
      ...names.map((name) => cost(outcomes.find((each) => each.scenario === name && each.server === server))),
    ])
    const heading = [kind, ...names.map((name) => SIZE.exec(name)?.[0] ?? '')]
    return table(
      heading,
      lines.filter((cells) => cells.slice(1).some((cell) => cell !== '')),
    )
  })
}

function cost(outcome: Outcome | undefined): string {
  if (!outcome || 'reason' in outcome) return ''
  return `${figure(outcome.value)} ${outcome.unit}, ${figure(outcome.processor)} ms`
}

/** A table of Markdown. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n')
}
