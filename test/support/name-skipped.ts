import type { TestProject } from 'vitest/node'

/** Names the tests that could not run, each with its reason, which the default reporter only counts. */
export function nameSkipped({ vitest }: TestProject): void {
  for (const module of vitest.state.getTestModules())
    for (const test of module.children.allTests('skipped')) {
      const result = test.result()
      const reason = result.state === 'skipped' && result.note
      if (reason) process.stdout.write(`skipped: ${test.fullName}: ${reason}\n`)
    }
}
