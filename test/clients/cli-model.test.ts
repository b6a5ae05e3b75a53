import { describe, expect } from 'vitest'
import { clientTest } from '../support/clients.ts'
import { anImage, aRepository } from '../support/content.ts'
import { emulator } from '../support/emulator.ts'

const EXTRAS = 'ecr/2015-09-21/service-2.sdk-extras.json'
const CHART_TYPE = 'application/vnd.cncf.helm.config.v1+json'
const BUNDLE_TYPE = 'application/vnd.cncf.openpolicyagent.config.v1+json'

/** Finds a Python that has botocore: the one behind the AWS CLI, or the machine's own. */
const FIND_PYTHON = `for python in $CLIENTS/aws/bin/python python3; do
  if $python -c 'import botocore' 2>/dev/null; then echo $python; break; fi
done`

describe.concurrent('cli-model', { timeout: 60_000 }, () => {
  const ecr = emulator()
  const it = clientTest([], ecr)
  const itWithAws = clientTest(['aws'], ecr)

  /** Makes a repository of a chart and a bundle. */
  async function aMixedRepository(): Promise<string> {
    const name = await aRepository(ecr.client())
    await anImage(ecr.client(), name, { configType: CHART_TYPE, imageTag: 'chart' })
    await anImage(ecr.client(), name, { configType: BUNDLE_TYPE, imageTag: 'bundle' })
    return name
  }

  it.for([
    ['no action', '', 'cli-model takes one of install, remove and print'],
    ['an unknown action', 'uninstall', 'cli-model takes one of install, remove and print'],
    ['two actions', 'install remove', 'cli-model takes one of install, remove and print'],
  ])('refuses %s', async ([, args, message], { user }) => {
    const { exitCode, stderr } = await user.failing(`ecr-local cli-model ${args}`)
    expect([exitCode, stderr]).toEqual([2, `ecr-local: ${message}`])
  })

  it.for(['{"version": 1.0,', '[]', 'null'])('leaves a broken file %s alone', async (broken, { user }) => {
    await user.write(`.aws/models/${EXTRAS}`, broken)
    for (const action of ['install', 'remove']) {
      const { exitCode, stderr } = await user.failing(`ecr-local cli-model ${action}`)
      expect(exitCode).toBe(2)
      expect(stderr).toBe(
        `ecr-local: ${user.home}/.aws/models/${EXTRAS} is not a JSON object; nothing was changed. Mend or move it first`,
      )
    }
    expect(`${await user.read(`.aws/models/${EXTRAS}`)}`).toBe(broken)
  })

  it('prints what it installs', async ({ user }) => {
    const printed = await user.sh('ecr-local cli-model print; ls -A .aws 2>/dev/null || true')
    await user.sh('ecr-local cli-model install')
    expect(`${await user.read(`.aws/models/${EXTRAS}`)}`).toBe(`${printed}\n`)
    expect(JSON.parse(printed)).toEqual({
      version: 1,
      merge: {
        shapes: {
          DescribeImagesRequest: { members: { manifestConfig: { shape: 'ManifestConfigList' } } },
          ListImagesRequest: { members: { manifestConfig: { shape: 'ManifestConfigList' } } },
          ManifestConfigList: expect.objectContaining({ type: 'list' }),
          ManifestConfigMediaType: expect.objectContaining({ type: 'string' }),
        },
      },
    })
  })

  it('takes everything away again, and says when there is nothing', async ({ user }) => {
    await user.sh('ecr-local cli-model install && ecr-local cli-model install')
    const file = `${user.home}/.aws/models/${EXTRAS}`
    expect(await user.sh('ecr-local cli-model remove')).toBe(`Removed ${file}`)
    expect(await user.sh('find .aws')).toBe('.aws\n.aws/models')
    expect(await user.sh('ecr-local cli-model remove')).toBe(`Nothing to remove: there is no ${file}`)
  })

  it.for([
    ['shapes', { version: 1, merge: { shapes: { Mine: { type: 'string' } }, metadata: { x: 'y' } } }],
    [
      'members of the same shape',
      { version: 1, merge: { shapes: { ListImagesRequest: { members: { mine: {} } } } } },
    ],
    ['members that botocore does not know', { version: 1, mine: true }],
  ] as const)('keeps other %s of a file that is there', async ([, mine], { user }) => {
    await user.write(`.aws/models/${EXTRAS}`, JSON.stringify(mine))
    await user.sh('ecr-local cli-model install')
    const installed = JSON.parse(`${await user.read(`.aws/models/${EXTRAS}`)}`)
    expect(installed).toMatchObject(mine)
    expect(installed.merge.shapes.ManifestConfigList.type).toBe('list')
    expect(await user.sh('ecr-local cli-model remove')).toContain('the rest of it stays')
    expect(JSON.parse(`${await user.read(`.aws/models/${EXTRAS}`)}`)).toEqual(mine)
  })

  it('writes to the first directory of AWS_DATA_PATH', async ({ user }) => {
    const AWS_DATA_PATH = '~/first:/nowhere'
    const file = `${user.home}/first/${EXTRAS}`
    expect(await user.sh('ecr-local cli-model install', { AWS_DATA_PATH })).toContain(`Wrote ${file}`)
    expect(await user.sh('ecr-local cli-model remove', { AWS_DATA_PATH })).toBe(`Removed ${file}`)
  })

  itWithAws('teaches the AWS CLI --manifest-config', async ({ user }) => {
    const name = await aMixedRepository()
    const describeBundles = `aws ecr describe-images --repository-name ${name} --manifest-config ${BUNDLE_TYPE} --output text`
    expect((await user.failing(describeBundles)).stderr).toContain('Unknown options: --manifest-config')

    await user.sh('ecr-local cli-model install')
    expect(await user.sh(`${describeBundles} --query 'imageDetails[].imageTags[]'`)).toBe('bundle')
    const listTags = `aws ecr list-images --repository-name ${name} --query 'imageIds[].imageTag' --output text`
    expect(await user.sh(`${listTags} --manifest-config '*'`)).toBe('chart\tbundle')
    expect(await user.sh(`${listTags} --manifest-config 'application/vnd.cncf.helm.*' text/plain`)).toBe(
      'chart',
    )

    await user.sh('ecr-local cli-model remove')
    await user.failing(describeBundles)
  })

  itWithAws('teaches boto3 manifestConfig', async ({ user, skip }) => {
    const python = await user.sh(FIND_PYTHON)
    skip(!python && !process.env.ECR_LOCAL_REQUIRE_CLIENTS, 'needs botocore: AWS CLI 1 brings it, 2 does not')
    const name = await aMixedRepository()
    const AWS_DATA_PATH = `${user.home}/models`
    await user.write(
      'list.py',
      `from botocore.session import get_session
ecr = get_session().create_client('ecr')
pages = ecr.get_paginator('describe_images').paginate(
    repositoryName='${name}', manifestConfig=['${CHART_TYPE}', 'application/vnd.cncf.open*'],
    PaginationConfig={'PageSize': 1})
print(*(image['imageTags'][0] for page in pages for image in page['imageDetails']))
`,
    )
    expect((await user.failing(`${python} list.py`, { AWS_DATA_PATH })).stderr).toContain('Unknown parameter')
    expect(
      await user.sh(`ecr-local cli-model install >/dev/null && ${python} list.py`, { AWS_DATA_PATH }),
    ).toBe('chart bundle')
  })
})
