import { operationNames, operations } from '../../src/generated/ecr/operations.ts'
import type { OperationName } from '../../src/generated/ecr/types.ts'
import type { ErrorsReached, Reach } from './errors-reached.ts'

const HEAD = `# Operations and the errors that the tests reach

Written by \`npm run docs\` from a whole run of the tests; \`npm test\` fails when it is out of date, or when an
operation declares an error that no test reaches.

An error under *caused* was answered to a request that deserves it. One under *planted* was answered because a
test asked for it (\`PUT /_ecr-local/faults\`): it stands for trouble that a single machine does not have.

| operation | test | caused | planted |
| --- | --- | --- | --- |
`

/** The text of docs/operations.md. */
export function operationsTable(reached: ErrorsReached): string {
  const rows = operationNames.map((name) => {
    const file = `test/operations/${name}.test.ts`
    const link = `[${name}](../${file})`
    return `| ${name} | ${link} | ${errorsOf(reached, name, 'caused')} | ${errorsOf(reached, name, 'planted')} |`
  })
  return `${HEAD}${rows.join('\n')}\n`
}

/** Declared errors in the model's order, then those of AWS's front end. */
function errorsOf(reached: ErrorsReached, name: OperationName, wanted: Reach): string {
  const declared: readonly string[] = operations[name].errors
  const found = [...(reached.get(name) ?? [])].filter(([, reach]) => reach === wanted).map(([error]) => error)
  const others = found.filter((error) => !declared.includes(error)).sort()
  return [...declared.filter((error) => found.includes(error)), ...others].map(short).join(', ')
}

function short(error: string): string {
  return error.replace(/Exception$/, '')
}
