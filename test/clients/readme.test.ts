import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { clientTest, imagesOf } from '../support/clients.ts'
import { keepContainersApart, startContainerd } from '../support/containers.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { anOciLayout, pushLayout } from '../support/oci-layout.ts'
import { registryClient } from '../support/registry.ts'

/** The lines of README's table of clients that are whole as they stand. */
const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const LINES = new Map(
  [...README.matchAll(/^\| ([\w ().-]+) \| [\d., ]+ \| `([^`]+)` \|$/gm)].map(
    ([, client = '', line = '']) => [client, line],
  ),
)

interface Row {
  /** As README names it. */
  readonly client: string
  readonly needs: readonly string[]
  /** What is to be done before the line. */
  readonly before?: string
  /** A part of what the line prints, or of what is in the repository after it. */
  readonly proof: string
}

const ROWS: readonly Row[] = [
  { client: 'AWS CLI', needs: ['aws'], proof: '"v1"' },
  {
    client: 'boto3',
    needs: ['python-boto3'],
    before: 'ln -s "$(command -v python-boto3)" bin/python3',
    proof: "'imageTag': 'v1'",
  },
  {
    client: 'Helm',
    needs: ['helm'],
    before: `mkdir hello; printf 'apiVersion: v2\\nname: hello\\nversion: 0.1.0\\n' > hello/Chart.yaml
      helm package hello`,
    proof: '"0.1.0"',
  },
  { client: 'ORAS', needs: ['oras'], before: 'echo hello > file.txt', proof: '"oras"' },
  { client: 'crane', needs: ['crane'], proof: '"crane"' },
  { client: 'regctl', needs: ['regctl'], proof: '"regctl"' },
  { client: 'skopeo', needs: ['skopeo'], proof: '"skopeo"' },
  { client: 'podman', needs: ['podman'], before: 'podman pull -q oci:layout:latest', proof: '"podman"' },
  { client: 'buildah', needs: ['buildah'], before: 'buildah pull -q oci:layout:latest', proof: '"buildah"' },
  { client: 'containerd', needs: ['containerd', 'ctr'], proof: 'manifest-sha256' },
  { client: 'docker (the command)', needs: ['docker'], proof: '"schemaVersion": 2' },
  {
    client: 'docker compose',
    needs: ['docker', 'docker-compose'],
    before: `mkdir .docker/cli-plugins; ln -s "$(command -v docker-compose)" .docker/cli-plugins
      printf 'services:\\n  web:\\n    image: web:1\\n' > compose.yaml`,
    proof: '"compose"',
  },
  {
    client: 'cosign',
    needs: ['cosign'],
    before: 'cosign generate-key-pair',
    proof: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  },
  {
    client: 'notation',
    needs: ['notation'],
    before: 'notation cert generate-test --default signer',
    proof: 'application/vnd.cncf.notary.signature',
  },
  {
    client: 'conftest',
    needs: ['conftest'],
    before: 'mkdir policy && echo package main > policy/main.rego',
    proof: '"conftest"',
  },
  {
    client: 'flux',
    needs: ['flux'],
    before: "mkdir manifests; echo 'kind: ConfigMap' > manifests/map.yaml",
    proof: '"flux"',
  },
  {
    client: 'ko',
    needs: ['ko', 'go'],
    before: `printf 'module example.com/hello\\n\\ngo 1.19\\n' > go.mod
      printf 'package main\\n\\nfunc main() {}\\n' > main.go`,
    proof: '"ko"',
  },
]

it('tries each whole line of the table', () => {
  expect(ROWS.map(({ client }) => client)).toEqual([...LINES.keys()])
})

describe.concurrent("README's table of clients", () => {
  const ecr = emulator()
  const registry = registryClient(ecr)
  beforeAll(() => aRepository(ecr.client(), { repositoryName: 'hello' }))

  for (const { client, needs, before = '', proof } of ROWS)
    clientTest(needs, ecr)(`has a line for ${client} that works`, { timeout: 60_000 }, async ({ user }) => {
      await keepContainersApart(user)
      if (client === 'containerd') await startContainerd(user)
      const layout = await anOciLayout(user, 'layout')
      await pushLayout(registry, 'hello', user, 'layout', layout)
      await registry.putManifest('hello', 'v1', layout.text)
      Object.assign(user.variables, { DIGEST: layout.digest, COSIGN_PASSWORD: '' })

      await user.sh(before)
      const printed = await user.sh(LINES.get(client) ?? 'false')
      expect(`${printed}\n${JSON.stringify(await imagesOf(ecr, 'hello'))}`).toContain(proof)
    })
})
