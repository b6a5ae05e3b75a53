import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CreateRepositoryCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetDownloadUrlForLayerCommand,
} from '@aws-sdk/client-ecr'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { describe, expect, it } from 'vitest'
import { anImage, anUpload, sendPart } from '../support/content.ts'
import { dataDirectory } from '../support/data-directory.ts'
import { launch, type Program } from '../support/program.ts'
import { usable } from '../support/sts.ts'

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const WRONG = 'wrong/secret+of/nobody'

describe('the program, at its most talkative', () => {
  const directory = dataDirectory()
  const dataDir = join(directory.path, 'data')

  /** Logs in, pushes and pulls at both doors, by long-term and temporary credentials; answers with every secret in it. */
  async function wholeFlow({ url }: Program): Promise<string[]> {
    const key = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: SECRET }
    const settings = { endpoint: url, region: 'eu-west-1', maxAttempts: 1 }
    const sts = new STSClient({ ...settings, credentials: key })
    const role = { RoleArn: 'arn:aws:iam::000000000000:role/deploy', RoleSessionName: 'ci' }
    const session = usable((await sts.send(new AssumeRoleCommand(role))).Credentials)
    const client = new ECRClient({ ...settings, credentials: session })
    const imposter = new ECRClient({ ...settings, credentials: { ...session, secretAccessKey: WRONG } })
    await expect(imposter.send(new CreateRepositoryCommand({ repositoryName: 'charts' }))).rejects.toThrow()

    await client.send(new CreateRepositoryCommand({ repositoryName: 'charts' }))
    const { layers } = await anImage(client, 'charts', { imageTag: 'v1' })
    await sendPart(client, 'charts', await anUpload(client, 'charts'), Buffer.from('half of something'))
    const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}))
    const login = authorizationData?.[0]?.authorizationToken ?? ''
    const authorization = `Basic ${login}`
    expect((await fetch(`${url}/v2/charts/manifests/v1`, { headers: { authorization } })).status).toBe(200)
    await fetch(`${url}/v2/charts/manifests/v1?token=${login}`, {
      headers: { authorization: `Basic ${login.slice(8)}` },
    })
    const layer = { repositoryName: 'charts', layerDigest: layers[0]?.digest }
    const { downloadUrl = '' } = await client.send(new GetDownloadUrlForLayerCommand(layer))
    expect((await fetch(downloadUrl)).status).toBe(200)
    await fetch(`${downloadUrl}0`)

    for (const each of [sts, client, imposter]) each.destroy()
    const signature = new URL(downloadUrl).searchParams.get('X-Amz-Signature') ?? ''
    const password = Buffer.from(login, 'base64').toString().slice('AWS:'.length)
    const { secretAccessKey, sessionToken } = session
    return [SECRET, WRONG, secretAccessKey, sessionToken, login, login.slice(8), password, signature]
  }

  it('writes no secret into its log, and no file that others may read', async () => {
    const credentials = join(directory.path, 'credentials')
    writeFileSync(
      credentials,
      `[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = ${SECRET}\n`,
    )
    // As somebody's `mkdir` leaves it.
    mkdirSync(dataDir, { mode: 0o755 })
    const strict = ['--auth', 'strict', '--credentials', credentials, '--tls']
    const program = await launch([
      '--data-dir',
      dataDir,
      '--log-level',
      'debug',
      '--log-format',
      'json',
      ...strict,
    ])
    const secrets = await wholeFlow(program)
    const files = readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
    const open = files.filter((file) => (statSync(join(dataDir, file)).mode & 0o077) !== 0)
    const { stderr } = await program.stop()

    expect(stderr.split('\n').length).toBeGreaterThan(15)
    expect(secrets.every((secret) => secret.length > 15)).toBe(true)
    expect(secrets.filter((secret) => stderr.includes(secret))).toEqual([])
    expect(stderr).not.toMatch(/authorization"|x-amz-security-token|X-Amz-Signature|Basic /i)
    expect(files.length).toBeGreaterThan(8)
    expect(open).toEqual([])
  })
})
