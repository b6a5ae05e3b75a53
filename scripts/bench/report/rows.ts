import { type Outcome, type Result, ratio } from '../outcome.ts'

/** What a table says of a server in a scenario, as text; a cell is empty where there is nothing to say. */
export interface Row {
  readonly server: string
  readonly value: string
  /** How many times as good as this one the first server is. */
  readonly ratio: string
  readonly p50: string
  readonly p99: string
  readonly processor: string
  readonly memory: string
  readonly load: string
  readonly note: string
  /** Why there is nothing else. */
  readonly reason?: string
}

const empty = { value: '', ratio: '', p50: '', p99: '', processor: '', memory: '', load: '', note: '' }

/** The outcomes of one scenario, the server first that the others are compared with. */
export function rowsOf(outcomes: readonly Outcome[]): Row[] {
  const [first] = outcomes
  return outcomes.map((outcome) => {
    const { server } = outcome
    if ('reason' in outcome)
      return { ...empty, server, reason: `${outcome.isFault ? 'FAILED' : 'not measured'}: ${outcome.reason}` }
    const isCompared = first && outcome !== first && !('reason' in first)
    return {
      server,
      value: `${figure(outcome.value)} ${outcome.unit}`,
      ratio: isCompared ? `${figure(ratio(first, outcome))} ×` : '',
      p50: figure(outcome.p50),
      p99: figure(outcome.p99),
      processor: figure(outcome.processor),
      memory: memoryOf(outcome),
      load: figure(outcome.loadProcessors),
      note: outcome.note ?? '',
    }
  })
}

function memoryOf({ peak, idle }: Result): string {
  return idle === undefined ? figure(peak) : `${figure(idle)} idle`
}

/** Three digits that count, as more are noise. */
export function figure(value: number | undefined): string {
  if (value === undefined) return ''
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(value >= 10 ? 3 : 2)))
}
