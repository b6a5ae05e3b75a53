import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { operationNames } from '../../src/generated/ecr/operations.ts'
import { missingFrom, NOTES_VARIABLE, readReached } from './errors-reached.ts'
import { nameSkipped } from './name-skipped.ts'
import { operationsTable } from './operations-table.ts'

const TABLE = new URL('../../docs/operations.md', import.meta.url)

/**
 * Collects over all processes of a run which errors the operations answered. After a run of every test, an
 * error that nothing reached, or a table in docs/ that says otherwise, fails the run.
 */
export default function setup(project: TestProject): () => Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'ecr-local-reached-'))
  process.env[NOTES_VARIABLE] = directory
  return async () => {
    nameSkipped(project)
    const reached = readReached(directory)
    rmSync(directory, { recursive: true })
    if (!(await isWholeRun(project))) return
    refuseMissing(missingFrom(reached, operationNames))
    // What a test that a machine cannot run would have caused stands under another heading here.
    if (!hasSkipped(project)) checkTable(operationsTable(reached))
  }
}

/** A run of some files, or one with failed tests, says nothing of what the tests reach. */
async function isWholeRun({ vitest }: TestProject): Promise<boolean> {
  const ran = vitest.state.getFiles()
  const all = await vitest.globTestSpecifications()
  const isNarrowed = vitest.config.testNamePattern !== undefined
  return !isNarrowed && ran.length === all.length && ran.every(({ result }) => result?.state !== 'fail')
}

function hasSkipped({ vitest }: TestProject): boolean {
  return vitest.state.getTestModules().some((module) => [...module.children.allTests('skipped')].length > 0)
}

function refuseMissing(missing: readonly string[]): void {
  if (missing.length > 0) throw new Error(`No test reaches these declared errors:\n${missing.join('\n')}`)
}

function checkTable(table: string): void {
  if (process.env.ECR_LOCAL_WRITE_DOCS) writeFileSync(TABLE, table)
  if (readFileSync(TABLE, 'utf8') !== table)
    throw new Error('docs/operations.md is not what the tests reach: npm run docs')
}
