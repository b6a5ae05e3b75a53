import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { clientTest } from '../support/clients.ts'
import { PATIENCE, type Report, RUNNER, runConformance, type State } from '../support/conformance.ts'
import { emulator } from '../support/emulator.ts'

const BASELINE = new URL('baseline.json', import.meta.url)

/** What passed when somebody last looked, which may only grow. */
interface Baseline {
  readonly counts: Report['counts']
  /** How often each test passes. */
  readonly passed: Readonly<Record<string, number>>
  /** What the runner leaves out by itself. */
  readonly skipped: Readonly<Record<string, number>>
}

/**
 * The official tests of distribution-spec, with what a version of it turns on. Sparse manifests it never does: a
 * registry may want to have what a manifest names, and ECR does.
 */
describe.each(['1.1', 'dev'])('distribution-spec %s', (version) => {
  const ecr = emulator()

  clientTest([RUNNER], ecr)('is kept, no less than it was', { timeout: PATIENCE }, async ({ user }) => {
    const report = await runConformance(ecr, user, { OCI_VERSION: version })
    const now = baselineOf(report)
    if (process.env.ECR_LOCAL_WRITE_CONFORMANCE) write(version, now)
    const before = read()[version]

    const complaints = report.cases.filter(({ state }) => state === 'failure' || state === 'error')
    expect(complaints).toEqual([])
    expect(now.skipped).toEqual(before?.skipped)
    expect(fewer(before?.passed ?? {}, now.passed), 'what does not pass any more').toEqual([])
    const raise =
      'more passes than before: ECR_LOCAL_WRITE_CONFORMANCE=1 raises test/conformance/baseline.json'
    expect(fewer(now.passed, before?.passed ?? {}), raise).toEqual([])
    expect(now.counts, raise).toEqual(before?.counts)
  })
})

function baselineOf({ counts, cases }: Report): Baseline {
  const seen = (which: State) => {
    const times: Record<string, number> = {}
    for (const { name, state } of cases) if (state === which) times[name] = (times[name] ?? 0) + 1
    return times
  }
  return { counts, skipped: seen('skipped'), passed: seen('passed') }
}

/** The tests that pass less often than they did. */
function fewer(before: Baseline['passed'], now: Baseline['passed']): string[] {
  return Object.keys(before).filter((name) => (now[name] ?? 0) < (before[name] ?? 0))
}

function read(): Record<string, Baseline> {
  return JSON.parse(readFileSync(BASELINE, 'utf8'))
}

function write(version: string, baseline: Baseline): void {
  writeFileSync(BASELINE, `${JSON.stringify({ ...read(), [version]: baseline }, null, 2)}\n`)
}
