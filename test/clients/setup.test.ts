import { describe, expect } from 'vitest'
import { AT_AMAZON, clientTest, imagesOf } from '../support/clients.ts'
import { keepContainersApart, startContainerd } from '../support/containers.ts'
import { aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'
import { anOciLayout } from '../support/oci-layout.ts'
import type { User } from '../support/user.ts'

/** Has the settings of a tool written below a directory, and answers with what is told beside. */
const setup = (user: User, tool: string, directory: string, scheme: string) =>
  user.sh(`ecr-local setup ${tool} --write --dir ${directory} --server-url ${scheme}://$REGISTRY`)

/*
 * What `ecr-local setup` writes, with the tool that it is for. The machine's hosts file knows nothing of the real
 * name: who asks for it is either led here, or asks Amazon, which has no such image.
 */
describe.concurrent.each(['http', 'https'])('ecr-local setup over %s', (scheme) => {
  const ecr = emulator({ tls: true })

  clientTest(['podman'], ecr)(
    'lets podman pull under the real name what it pushed under ours',
    async ({ user }) => {
      await keepContainersApart(user)
      await setup(user, 'podman', '.config/containers', scheme)
      const layout = await anOciLayout(user, 'layout')
      const name = await aRepository(ecr.client())
      await user.sh(`image=$(podman pull -q oci:layout:latest)
      podman push --format oci $image docker://$REGISTRY/${name}:v1
      podman rmi $image`)
      expect(await imagesOf(ecr, name)).toMatchObject([{ imageTags: ['v1'] }])

      const pulled = await user.sh(`podman pull -q ${AT_AMAZON}/${name}:v1`)
      expect(`sha256:${pulled}`).toBe(layout.images[0]?.config.digest)
      expect(await user.sh('podman images --format "{{.Repository}}:{{.Tag}}"')).toBe(
        `${AT_AMAZON}/${name}:v1`,
      )
    },
  )

  clientTest(['containerd', 'ctr'], ecr)(
    'lets containerd pull and push under the real name',
    async ({ user }) => {
      await setup(user, 'containerd', 'certs.d', scheme)
      await startContainerd(user)
      const layout = await anOciLayout(user, 'layout')
      const name = await aRepository(ecr.client())
      const as = '--hosts-dir certs.d --user AWS:$PASSWORD'
      await user.sh(`tar -cf layout.tar -C layout .
      ctr images import --no-unpack --base-name ${AT_AMAZON}/${name} layout.tar
      ctr images push ${as} ${AT_AMAZON}/${name}:latest`)
      expect(await imagesOf(ecr, name)).toMatchObject([{ imageDigest: layout.digest, imageTags: ['latest'] }])

      await user.sh(`ctr -n other content fetch ${as} ${AT_AMAZON}/${name}:latest`)
      const { digest = '' } = layout.images[0]?.layer ?? {}
      await user.sh(`ctr -n other content get ${digest} | cmp - layout/blobs/${digest.replace(':', '/')}`)
    },
  )
})

describe.concurrent('ecr-local setup', () => {
  const ecr = emulator({ tls: true })

  clientTest(['oras'], ecr)('tells how oras pushes and pulls under the real name', async ({ user }) => {
    const told = await setup(user, 'oras', 'settings', 'https')
    const [login = '', pull = ''] = told.split('\n').filter((line) => line.includes('--resolve'))
    const name = await aRepository(ecr.client())
    await user.write('file', 'hello')
    await user.sh(login.replace('aws ecr get-login-password', 'echo $PASSWORD'))
    const push = pull.replace('oras pull', 'oras push').replace('NAME:TAG', `${name}:v1 file:text/plain`)
    await user.sh(push)
    const ours = told.split('\n').find((line) => line.startsWith('oras push')) ?? ''
    await user.sh(ours.replace('NAME:TAG FILE', `${name}:v2 file:text/plain`))
    const tags = (await imagesOf(ecr, name)).flatMap(({ imageTags = [] }) => imageTags)
    expect(tags.sort()).toEqual(['v1', 'v2'])
    await user.sh(`rm file && ${pull.replace('NAME:TAG', `${name}:v1`)}`)
    expect(`${await user.read('file')}`).toBe('hello')
  })

  clientTest(['helm3'], ecr)('tells how helm pushes and pulls', async ({ user }) => {
    const told = await setup(user, 'helm', 'settings', 'http')
    const [login = '', push = '', pull = ''] = told.split('\n').filter((line) => line.includes('helm'))
    const name = await aRepository(ecr.client())
    await user.write(`${name}/Chart.yaml`, `apiVersion: v2\nname: ${name}\nversion: 0.1.0\n`)
    await user.sh(`ln -s "$(command -v helm3)" bin/helm; helm package ${name}; rm .docker/config.json
      ${login.replace('aws ecr get-login-password', 'echo $PASSWORD')}
      ${push.replace('CHART.tgz', `${name}-0.1.0.tgz`)}
      mkdir pulled; cd pulled
      ${pull.replace('NAME', name).replace('VERSION', '0.1.0')}
      cmp ${name}-0.1.0.tgz ../${name}-0.1.0.tgz`)
  })
})
