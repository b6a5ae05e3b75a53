import { parseStringPromise } from 'xml2js'
import { aName, aRepository } from './content.ts'
import type { Emulator } from './emulator.ts'
import type { User } from './user.ts'

/** The official runner of distribution-spec, as scripts/install-test-clients.sh calls it. */
export const RUNNER = 'oci-conformance'

/** Milliseconds that a run of it may take, on a machine that does much else. */
export const PATIENCE = 180_000

/** As the runner calls what becomes of a test. */
export type State = 'passed' | 'failure' | 'error' | 'skipped'

export interface TestCase {
  /** Where the test stands in the report: `sha256 blobs/stream/blob-get`. Some stand there several times. */
  readonly name: string
  readonly state: State
  /** The first line of what is wrong. */
  readonly complaint: string
}

export interface Report {
  readonly counts: Readonly<Record<'passed' | 'failed' | 'errors' | 'skipped' | 'disabled', number>>
  readonly cases: readonly TestCase[]
}

/**
 * Runs the official conformance tests against the server, in repositories of their own.
 *
 * @param variables what of the runner's defaults is otherwise
 * @see https://github.com/opencontainers/distribution-spec/tree/main/conformance
 */
export async function runConformance(
  ecr: Emulator,
  user: User,
  variables: Readonly<Record<string, string>>,
): Promise<Report> {
  const client = ecr.client()
  const prefix = aName('conformance')
  // Its exit code tells only whether everything passed, which the report does as well.
  await user.sh(`${RUNNER} > report.txt 2>&1 || true`, {
    OCI_REGISTRY: user.variables.REGISTRY ?? '',
    OCI_TLS: 'disabled',
    OCI_USERNAME: 'AWS',
    OCI_PASSWORD: user.variables.PASSWORD ?? '',
    OCI_REPO1: await aRepository(client, { repositoryName: `${prefix}/repo1` }),
    OCI_REPO2: await aRepository(client, { repositoryName: `${prefix}/repo2` }),
    ...variables,
  })
  return readReport(String(await user.read('results/junit.xml')))
}

async function readReport(xml: string): Promise<Report> {
  const { testsuites } = await parseStringPromise(xml)
  const { tests, failures = 0, errors = 0, skipped = 0, disabled = 0 } = testsuites.$
  const counts = {
    failed: Number(failures),
    errors: Number(errors),
    skipped: Number(skipped),
    disabled: Number(disabled),
  }
  const others = Object.values(counts).reduce((sum, count) => sum + count)
  return {
    counts: { passed: Number(tests) - others, ...counts },
    cases: testsuites.testsuite[0].testcase.map((test: JunitTest) => ({
      name: test.$.name.slice(test.$.name.indexOf('/') + 1),
      state: test.$.status,
      complaint: test['system-out']?.[0]?.split('\n')[0] ?? '',
    })),
  }
}

interface JunitTest {
  readonly $: { readonly name: string; readonly status: State }
  readonly 'system-out'?: readonly string[]
}
