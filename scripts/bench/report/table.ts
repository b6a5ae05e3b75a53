import type { Outcome } from '../outcome.ts'
import { rowsOf } from './rows.ts'

const WIDTHS = [62, 14, 9, 10, 10, 9, 10, 6]

/** The outcomes of one scenario as lines of text. */
export function table(scenario: string, outcomes: readonly Outcome[]): string {
  const heading = [scenario, 'median', 'ours is', 'p50 ms', 'p99 ms', 'CPU ms', 'memory', 'load']
  const rows = rowsOf(outcomes).map((row) => [
    `  ${row.server}`,
    ...(row.reason === undefined
      ? [row.value, row.ratio, row.p50, row.p99, row.processor, row.memory, row.load, row.note]
      : [row.reason]),
  ])
  return [heading, ...rows].map(line).join('\n')
}

function line(cells: readonly string[]): string {
  const [name = '', ...others] = cells
  if (others.length === 1) return `${name.padEnd(24)} ${others[0]}`
  return [name.padEnd(WIDTHS[0] ?? 0), ...others.map((cell, index) => cell.padStart(WIDTHS[index + 1] ?? 0))]
    .join(' ')
    .trimEnd()
}
