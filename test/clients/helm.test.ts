import { describe, expect } from 'vitest'
import { OCI_MANIFEST } from '../../src/rules/media-types.ts'
import { clientTest, imagesOf } from '../support/clients.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { registryClient } from '../support/registry.ts'
import type { User } from '../support/user.ts'

const CHART_TYPE = 'application/vnd.cncf.helm.config.v1+json'

describe.concurrent.each(['helm3', 'helm4'])('%s', (helm) => {
  const ecr = emulator()
  const registry = registryClient(ecr)
  const it = clientTest([helm], ecr)

  /** Makes a repository, and a package of a chart of that name. */
  async function aChart(user: User, version = '0.1.0'): Promise<string> {
    const name = await aRepository(ecr.client())
    await packageChart(user, name, version)
    return name
  }

  async function packageChart(user: User, name: string, version: string): Promise<void> {
    await user.write(`${name}/Chart.yaml`, `apiVersion: v2\nname: ${name}\nversion: ${version}\n`)
    await user.write(`${name}/templates/map.yaml`, 'kind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n')
    await user.sh(`${helm} package ${name}`)
  }

  it('pushes a chart and pulls the same bytes', async ({ user }) => {
    const name = await aChart(user)
    const pushed = await user.sh(`${helm} push ${name}-0.1.0.tgz oci://$REGISTRY --plain-http 2>&1`)
    const archive = await user.read(`${name}-0.1.0.tgz`)
    const manifest = await (await registry.send(`/v2/${name}/manifests/0.1.0`)).text()

    expect(await imagesOf(ecr, name)).toMatchObject([
      {
        imageDigest: /^Digest: (\S+)$/m.exec(pushed)?.[1],
        imageTags: ['0.1.0'],
        imageManifestMediaType: OCI_MANIFEST,
        artifactMediaType: CHART_TYPE,
        imageSizeInBytes: archive.length + JSON.parse(manifest).config.size,
      },
    ])
    await user.sh(
      `mkdir pulled && ${helm} pull oci://$REGISTRY/${name} --version 0.1.0 --plain-http -d pulled`,
    )
    await user.sh(`cmp ${name}-0.1.0.tgz pulled/${name}-0.1.0.tgz`)
  })

  it('renders and shows a chart from the registry', async ({ user }) => {
    const name = await aChart(user)
    await user.sh(`${helm} push ${name}-0.1.0.tgz oci://$REGISTRY --plain-http`)
    const chart = `oci://$REGISTRY/${name} --version 0.1.0 --plain-http`
    expect(await user.sh(`${helm} template web ${chart}`)).toContain('metadata: {name: web}')
    expect(await user.sh(`${helm} show chart ${chart}`)).toContain(`name: ${name}`)
  })

  it('finds the newest version among the tags, and one with build metadata', async ({ user }) => {
    const name = await aChart(user, '1.10.0')
    for (const version of ['1.9.0', '2.0.0-rc.1', '1.2.0+build.5']) await packageChart(user, name, version)
    await user.sh(`for chart in ${name}-*.tgz; do ${helm} push $chart oci://$REGISTRY --plain-http; done`)

    const versionOf = (option: string): Promise<string> =>
      user.sh(`${helm} show chart oci://$REGISTRY/${name} --plain-http ${option} | sed -n 's/^version: //p'`)
    expect(await versionOf('')).toBe('1.10.0')
    expect(await versionOf('--version "~1.9"')).toBe('1.9.0')
    expect(await versionOf('--version 1.2.0+build.5')).toBe('1.2.0+build.5')
    const tags = (await imagesOf(ecr, name)).flatMap(({ imageTags = [] }) => imageTags)
    expect(tags.sort()).toEqual(['1.10.0', '1.2.0_build.5', '1.9.0', '2.0.0-rc.1'])
  })

  it('pushes the same chart again without harm', async ({ user }) => {
    const name = await aChart(user)
    await user.sh(`for i in 1 2; do ${helm} push ${name}-0.1.0.tgz oci://$REGISTRY --plain-http; done`)
    const images = await imagesOf(ecr, name)
    expect(images.flatMap(({ imageTags = [] }) => imageTags)).toEqual(['0.1.0'])
  })

  it('takes a dependency from the registry', async ({ user }) => {
    const library = await aChart(user)
    await user.sh(`${helm} push ${library}-0.1.0.tgz oci://$REGISTRY --plain-http`)
    const dependency = `{name: ${library}, version: 0.1.0, repository: "oci://${ecr.server.registry}"}`
    await user.write(
      'app/Chart.yaml',
      `apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies: [${dependency}]\n`,
    )
    await user.sh(`${helm} dependency update app --plain-http`)
    await user.sh(`cmp ${library}-0.1.0.tgz app/charts/${library}-0.1.0.tgz`)
  })

  it('is told that a repository is missing', async ({ user }) => {
    await packageChart(user, 'nowhere', '0.1.0')
    const { stderr } = await user.failing(`${helm} push nowhere-0.1.0.tgz oci://$REGISTRY --plain-http`)
    expect(stderr).toContain(
      "The repository with name 'nowhere' does not exist in the registry with id '000000000000'",
    )
  })

  it('logs in with a password of get-login-password, and with no other', async ({ user }) => {
    const plain = helm === 'helm3' ? '' : '--plain-http' // Helm 3 finds out by itself
    const logIn = `rm -f .docker/config.json; ${helm} registry login -u AWS --password-stdin $REGISTRY ${plain}`
    expect(await user.sh(`${logIn} <<<$PASSWORD 2>&1`)).toContain('Login Succeeded')
    expect((await user.failing(`${logIn} <<<x$PASSWORD`)).stderr).toContain('Not Authorized')
  })
})
