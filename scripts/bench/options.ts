import { parseArgs } from 'node:util'

export interface Entry {
  readonly name: string
  readonly path: string
}

/** What a run shall measure, and how long. */
export interface Plan {
  /** Parts of names; none is all. */
  readonly scenarios: readonly string[]
  readonly peers: readonly string[]
  /** Builds of this program. */
  readonly entries: readonly Entry[]
  readonly rounds: number
  /** Of a round. */
  readonly seconds: number
  readonly json: string | undefined
  readonly markdown: string | undefined
}

export const usage = `npm run bench -- [OPTIONS]

  --scenario TEXT     only scenarios with TEXT in their names; may be repeated
  --peer NAME         only this peer beside ecr-local, or 'none'; may be repeated
  --entry [NAME=]PATH the dist/main.js to measure (default dist/main.js); may be repeated to compare builds
  --rounds N          rounds of each scenario (default 5)
  --quick             rounds of 0.3 seconds in place of 1.5
  --json FILE         writes the results as JSON
  --markdown FILE     writes the results as docs/performance.md has them
`

export function parse(args: readonly string[]): Plan {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string', multiple: true, default: [] },
      peer: { type: 'string', multiple: true, default: [] },
      entry: { type: 'string', multiple: true, default: ['ecr-local=dist/main.js'] },
      rounds: { type: 'string', default: '5' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      markdown: { type: 'string' },
    },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds ${values.rounds} is no number of rounds`)
  const entries = values.entry.map(entryOf)
  if (new Set(entries.map(({ name }) => name)).size < entries.length)
    throw new Error('Builds to compare need names of their own: --entry NAME=PATH')
  return {
    scenarios: values.scenario,
    peers: values.peer,
    entries,
    rounds,
    seconds: values.quick ? 0.3 : 1.5,
    json: values.json,
    markdown: values.markdown,
  }
}

function entryOf(text: string): Entry {
  const [, name = 'ecr-local', path] = /^(?:([^=/]+)=)?(.+)$/.exec(text) ?? []
  return { name, path: path as string }
}
