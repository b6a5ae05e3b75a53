import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { clientTest } from '../support/clients.ts'

const SCRIPT = fileURLToPath(new URL('walkthrough.sh', import.meta.url))
const SERVE = 'ecr-local --port 0 --in-memory'
const SERVES = /serves at (\S+)\n/
const CHART_TYPE = 'application/vnd.cncf.helm.config.v1+json'
const BUNDLE_TYPE = 'application/vnd.cncf.openpolicyagent.config.v1+json'

describe.concurrent('The walkthrough', { timeout: 60_000 }, () => {
  clientTest(['aws', 'helm3'])('works with helm 3, as far as it is about charts', async ({ user }) => {
    await user.sh('ln -s "$(command -v helm3)" bin/helm')
    const [, ENDPOINT = ''] = await user.start(SERVE, SERVES)
    expectCharts(stepsOf(await user.sh(`bash ${SCRIPT}`, { ENDPOINT, CHARTS_ONLY: 'yes' })), ENDPOINT)
  })

  clientTest(['aws', 'curl', 'jq', 'opa', 'oras', 'helm4'])('works word for word', async ({ user }) => {
    await user.sh('ln -s "$(command -v helm4)" bin/helm')
    const [, ENDPOINT = ''] = await user.start(SERVE, SERVES)
    const OPA = `localhost:${await freePort()}`
    const steps = stepsOf(await user.sh(`bash ${SCRIPT}`, { ENDPOINT, OPA }))
    expectCharts(steps, ENDPOINT)

    expect(steps['oras login']).toContain('Login Succeeded')
    const [, bundle = ''] = /^Digest: (sha256:\S+)/m.exec(steps['oras push'] ?? '') ?? []
    expect(steps['oras pull']).toContain('Downloaded')
    const { now, ...temporal } = JSON.parse(steps.opa ?? '').result
    expect(now).toBeGreaterThan(temporal.ts)
    expect(temporal).toEqual({
      adate: { D: 7, M: 8, Y: 2020 },
      atime: { h: 6, m: 5, s: 4 },
      aweekday: 'Friday',
      one_month_in_the_future: '2020-09-07T06:05:04Z',
      ts: 1596780304000000000,
      ts_in_rfc3339: '2020-08-07T06:05:04Z',
    })

    const extras = `${user.home}/.aws/models/ecr/2015-09-21/service-2.sdk-extras.json`
    expect(steps['cli-model']).toContain(`Wrote ${extras}`)
    const size = (await user.read('bundle.tar.gz')).length + '{}\n'.length
    expect(steps['opa bundles']).toBe(['opa-demo', BUNDLE_TYPE, OCI_MANIFEST, size].join('\t'))
    expect(steps['charts among the bundles']).toBe('')
    expect(steps['all charts']).toBe(`0.1.0\t${CHART_TYPE}`)

    const [inner = '', outer = ''] = [...(steps.indexes ?? '').matchAll(/^Digest: (\S+)/gm)].map(
      ([, digest]) => digest,
    )
    expect(outer).toMatch(/^sha256:/)
    expect(steps.tree?.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['artifact-test:outer', 'index'],
      [`└─ ${inner.slice(0, 19)}`, 'index'],
      ['', `└─ ${bundle.slice(0, 19)}`, BUNDLE_TYPE, `1 layer, ${size} B`],
    ])
    expect(JSON.parse(steps['delete what an index holds'] ?? '')).toEqual({
      imageIds: [],
      failures: [
        {
          imageId: { imageDigest: bundle },
          failureCode: 'ImageReferencedByManifestList',
          failureReason: `Requested image referenced by manifest list: [${inner}]`,
        },
      ],
    })
    expect(steps.undo).toBe(`Removed ${extras}`)
  })
})

function expectCharts(steps: Record<string, string>, endpoint: string): void {
  const registry = new URL(endpoint).host
  expect(steps['set-up']).toBe(`${registry}/artifact-test`)
  expect(steps['helm login']).toContain('Login Succeeded')
  const [, digest] = /^Digest: (sha256:\S+)/m.exec(steps['helm push'] ?? '') ?? []
  expect(steps['helm push']).toContain(`Pushed: ${registry}/example-hello-world:0.1.0`)
  expect(JSON.parse(steps['chart manifest'] ?? '').config.mediaType).toBe(CHART_TYPE)
  expect(steps['helm pull']).toContain(`Digest: ${digest}`)
  expect(steps['helm template']).toContain('image: "nginx:1.16.0"')
}

/** What each step printed, by its name. */
function stepsOf(printed: string): Record<string, string> {
  const steps = printed.split(/^== /m).slice(1)
  return Object.fromEntries(
    steps.map((step) => {
      const end = step.indexOf('\n')
      return end < 0 ? [step, ''] : [step.slice(0, end), step.slice(end + 1).trimEnd()]
    }),
  )
}

/** A port where nobody listens: OPA can choose one itself, and does not tell which. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
