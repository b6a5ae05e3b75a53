import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { API_MODELS } from '../../scripts/generate/model.ts'
import { applyPatch } from '../../scripts/generate/patch.ts'
import { patternLiteral } from '../../scripts/generate/pattern.ts'
import { GENERATED, generate, loadModels } from '../../scripts/generate.ts'
import * as ecr from '../../src/generated/ecr/operations.ts'
import { outputSchemas } from '../../src/generated/ecr/output-schemas.ts'
import { inputSchema, inputSchemas } from '../../src/generated/ecr/schemas.ts'
import type { OperationName } from '../../src/generated/ecr/types.ts'
import * as sts from '../../src/generated/sts/operations.ts'
import { outputSchemas as stsOutputSchemas } from '../../src/generated/sts/output-schemas.ts'
import { inputSchema as stsInputSchema } from '../../src/generated/sts/schemas.ts'

const models = loadModels()

/** What zod makes of an input: the value, or its issues with the path joined and without the bulky parts. */
function parse(name: OperationName, input: unknown) {
  const { data, error } = inputSchema(name).safeParse(input, { reportInput: true })
  return error ? error.issues.map((issue) => ({ ...issue, path: issue.path.join('.') })) : data
}

describe('generate', () => {
  it('gives what is committed', () => {
    const files = generate(models)
    for (const [path, text] of Object.entries(files)) {
      expect(readFileSync(new URL(path, GENERATED), 'utf8'), `${path}: npm run generate`).toBe(text)
    }
    const committed = ['ecr', 'sts'].flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, GENERATED)).map((file) => `${folder}/${file}`),
    )
    expect(committed.sort()).toEqual(Object.keys(files).sort())
  })

  it('gives the same text twice', () => {
    expect(generate(loadModels())).toEqual(generate(models))
  })
})

describe('api-models', () => {
  const files = readdirSync(API_MODELS).filter((file) => file.endsWith('.json'))

  it.each(files)('%s holds facts and no texts', (file) => {
    const text = readFileSync(new URL(file, API_MODELS), 'utf8')
    expect(text).not.toMatch(
      /"(documentation|documentationUrl|deprecatedMessage)": "|<\/?(p|code|a|i|b|ul|li|note)\b/,
    )
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(200)
  })

  it('README names the version they come from', () => {
    const readme = readFileSync(new URL('README.md', API_MODELS), 'utf8')
    for (const model of Object.values(models)) expect(readme).toContain(`botocore ${model.source.version}`)
  })

  it('every patch has a model and a reason', () => {
    const patches = new URL('patches/', API_MODELS)
    for (const file of readdirSync(patches)) {
      const patch = JSON.parse(readFileSync(new URL(file, patches), 'utf8'))
      expect(files).toContain(`${patch.model}.json`)
      expect(patch.reason).toMatch(/\w{3}/)
    }
  })

  it('a patched matchedBy accepts the same strings as the pattern', () => {
    const { matchedBy: _, ...shape } = models.ecr.shapes.ScanningRepositoryFilterValue ?? { type: 'string' }
    const regexOf = (from: typeof shape) => new RegExp(patternLiteral(from).slice(1, -1))
    const [original, ours] = [
      regexOf(shape),
      regexOf(models.ecr.shapes.ScanningRepositoryFilterValue ?? shape),
    ]
    expect(ours).not.toEqual(original)
    let words = ['']
    for (let length = 0; length <= 6; length++) {
      for (const word of words) expect(ours.test(word), word).toBe(original.test(word))
      words = words.flatMap((word) => ['a', '*', '.', '/', 'A'].map((letter) => word + letter))
    }
  })

  it('no pattern takes long to refuse a long value', () => {
    const stems = ['a', '-', '_', '.', '/', '*', 'a-', 'a/', 'a.', 'a_', 'a__', 'arn:aws', 'arn:aws-a']
    for (const { shapes } of Object.values(models)) {
      for (const [name, shape] of Object.entries(shapes)) {
        if (!shape.pattern) continue
        const [, source = '', flags] = /^\/(.*)\/(u?)$/.exec(patternLiteral(shape)) ?? []
        const regex = new RegExp(source, flags)
        const start = performance.now()
        for (const stem of stems) regex.test(`${stem.repeat(300)}!`)
        expect(performance.now() - start, name).toBeLessThan(100)
      }
    }
  })
})

describe('patches', () => {
  it.each([
    [
      'add to an object',
      { op: 'add', path: '/a/x~1y~0', value: 1 } as const,
      { a: { b: [1, 2], 'x/y~': 1 } },
    ],
    ['add in a list', { op: 'add', path: '/a/b/1', value: 9 } as const, { a: { b: [1, 9, 2] } }],
    ['add at the end of a list', { op: 'add', path: '/a/b/-', value: 9 } as const, { a: { b: [1, 2, 9] } }],
    ['replace', { op: 'replace', path: '/a/b/0', value: 9 } as const, { a: { b: [9, 2] } }],
    ['remove', { op: 'remove', path: '/a/b' } as const, { a: {} }],
    ['remove from a list', { op: 'remove', path: '/a/b/0' } as const, { a: { b: [2] } }],
  ])('%s', (_, step, expected) => {
    const document = { a: { b: [1, 2] } }
    applyPatch(document, [step])
    expect(document).toEqual(expected)
  })

  it.each([
    { op: 'replace', path: '/a/c', value: 1 } as const,
    { op: 'remove', path: '/c' } as const,
    { op: 'add', path: '/c/d', value: 1 } as const,
  ])('refuses to $op $path where nothing is', (step) => {
    expect(() => applyPatch({ a: { b: 1 } }, [step])).toThrow(`nothing at ${step.path}`)
  })
})

describe('tables', () => {
  it('has the 62 operations of ECR and our 3 of STS', () => {
    expect(ecr.operationNames).toHaveLength(62)
    expect(sts.operationNames).toEqual(['AssumeRole', 'GetCallerIdentity', 'GetSessionToken'])
    expect(ecr.service).toMatchObject({
      targetPrefix: 'AmazonEC2ContainerRegistry_V20150921',
      apiVersion: '2015-09-21',
      jsonVersion: '1.1',
      signingName: 'ecr',
    })
  })

  it.each(ecr.operationNames)('%s has schemas, shapes and errors', (name) => {
    const facts = ecr.operations[name]
    expect(inputSchemas[name]).toBeDefined()
    expect(outputSchemas[name]).toBeDefined()
    expect(models.ecr.shapes).toHaveProperty(facts.input)
    expect(models.ecr.shapes).toHaveProperty(facts.output)
    expect(facts.errors).toContain('ServerException')
    for (const error of facts.errors) expect(ecr.errors[error].code).toBe(error)
  })

  it('has a paginator with a default page for every operation that takes maxResults', () => {
    for (const name of ecr.operationNames) {
      const members = models.ecr.shapes[ecr.operations[name].input]?.members ?? {}
      const paginator = ecr.operations[name].paginator
      expect('maxResults' in members, name).toBe(paginator !== undefined)
      if (paginator) expect(paginator.default, name).toBeGreaterThan(0)
    }
    expect(ecr.operations.ListImageReferrers.paginator).toEqual({
      inputToken: 'nextToken',
      outputToken: 'nextToken',
      limitKey: 'maxResults',
      resultKey: ['referrers'],
      maxResultsRange: [1, 50],
      default: 20,
    })
  })

  it('knows status, wire name and members of errors', () => {
    expect(ecr.errors.ServerException.httpStatus).toBe(500)
    expect(ecr.errors.RepositoryNotFoundException.httpStatus).toBe(400)
    expect(ecr.errors.KmsException.members).toEqual(['kmsError'])
    expect(sts.errors.MalformedPolicyDocumentException.code).toBe('MalformedPolicyDocument')
    expect(sts.errors.RegionDisabledException.httpStatus).toBe(403)
  })

  it('tells how STS writes its answers', () => {
    expect(sts.service.xmlNamespace).toBe('https://sts.amazonaws.com/doc/2011-06-15/')
    expect(sts.outputShapes.GetCallerIdentity.resultWrapper).toBe('GetCallerIdentityResult')
    const { shape } = sts.outputShapes.GetCallerIdentity
    expect(shape.type === 'structure' && Object.keys(shape.members)).toEqual(['UserId', 'Account', 'Arn'])
  })
})

describe('inputs', () => {
  const repositoryName = 'team/app'
  const images = (manifestConfig: unknown) => parse('DescribeImages', { repositoryName, manifestConfig })

  it('drops members the model does not know', () => {
    expect(parse('DeleteRepository', { repositoryName, unknown: 1 })).toEqual({ repositoryName })
  })

  it.each<[string, OperationName, object, object]>([
    ['an absent member', 'DeleteRepository', {}, { path: 'repositoryName', input: undefined }],
    [
      'an absent member in a list',
      'TagResource',
      { resourceArn: 'arn', tags: [{ Key: 'a', Value: 'b' }, { Value: 'b' }] },
      { code: 'invalid_type', path: 'tags.1.Key', input: undefined },
    ],
    [
      'an absent enum',
      'PutImageTagMutability',
      { repositoryName },
      { code: 'invalid_value', path: 'imageTagMutability', input: undefined },
    ],
    [
      'a null in a list',
      'BatchDeleteImage',
      { repositoryName, imageIds: [null] },
      { path: 'imageIds.0', input: null },
    ],
    [
      'a number for a string',
      'DeleteRepository',
      { repositoryName: 7 },
      { code: 'invalid_type', expected: 'string', input: 7 },
    ],
    [
      'a string for an integer',
      'ListImages',
      { repositoryName, maxResults: '7' },
      { code: 'invalid_type', expected: 'number', input: '7' },
    ],
    [
      'a fraction for an integer',
      'ListImages',
      { repositoryName, maxResults: 7.5 },
      { code: 'invalid_type', expected: 'int', input: 7.5 },
    ],
    [
      'a number for an enum',
      'PutImageTagMutability',
      { repositoryName, imageTagMutability: 7 },
      { code: 'invalid_value', input: 7 },
    ],
    [
      'a value outside the enum',
      'PutImageTagMutability',
      { repositoryName, imageTagMutability: 'SOMETIMES' },
      {
        code: 'invalid_value',
        values: ['IMMUTABLE', 'MUTABLE', 'MUTABLE_WITH_EXCLUSION', 'IMMUTABLE_WITH_EXCLUSION'],
        input: 'SOMETIMES',
      },
    ],
    [
      'a string too short',
      'DeleteRepository',
      { repositoryName: 'a' },
      { code: 'too_small', origin: 'string', minimum: 2 },
    ],
    [
      'a string too long',
      'DeleteRepository',
      { repositoryName: 'a'.repeat(257) },
      { code: 'too_big', origin: 'string', maximum: 256 },
    ],
    [
      'a string against its pattern',
      'DeleteRepository',
      { repositoryName: 'Team/App' },
      {
        code: 'invalid_format',
        format: 'regex',
        message: '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*',
      },
    ],
    [
      'a list too short',
      'BatchDeleteImage',
      { repositoryName, imageIds: [] },
      { code: 'too_small', origin: 'array', minimum: 1 },
    ],
    [
      'a list too long',
      'BatchDeleteImage',
      { repositoryName, imageIds: Array(101).fill({ imageTag: 'a' }) },
      { code: 'too_big', origin: 'array', maximum: 100 },
    ],
    [
      'a number too small',
      'ListImages',
      { repositoryName, maxResults: 0 },
      { code: 'too_small', origin: 'number', minimum: 1 },
    ],
    [
      'a number too big',
      'ListImages',
      { repositoryName, maxResults: 1001 },
      { code: 'too_big', origin: 'number', maximum: 1000 },
    ],
  ])('refuses %s', (_, name, input, issue) => {
    expect(parse(name, input)).toEqual([expect.objectContaining(issue)])
  })

  it('reports the violations of several members in the order of the model', () => {
    const issues = parse('PutImage', { registryId: 'x', imageTag: '' }) as { path: string }[]
    expect(issues.map(({ path }) => path)).toEqual([
      'registryId',
      'repositoryName',
      'imageManifest',
      'imageTag',
    ])
  })

  it.each(['*', 'application/*', 'application/vnd.oci.*', 'application/vnd.cncf.helm.config.v1+json'])(
    'takes the manifestConfig %s',
    (type) => {
      expect(images([type])).toEqual({ repositoryName, manifestConfig: [type] })
      expect(parse('ListImages', { repositoryName, manifestConfig: [type] })).toHaveProperty('manifestConfig')
    },
  )

  it.each(['a*b', 'application/a*b', 'application', '**', '*/*', 'a/b/c', 'application/x; v=1', 'a/b\n'])(
    'refuses the manifestConfig %j',
    (type) => {
      expect(images([type])).toEqual([expect.objectContaining({ format: 'regex', path: 'manifestConfig.0' })])
    },
  )

  it('bounds manifestConfig', () => {
    expect(images([])).toEqual([expect.objectContaining({ code: 'too_small', minimum: 1 })])
    expect(images(Array(101).fill('*'))).toEqual([expect.objectContaining({ code: 'too_big', maximum: 100 })])
    expect(images([`a/${'b'.repeat(254)}`])).toEqual([expect.objectContaining({ maximum: 255 })])
  })

  describe('blobs', () => {
    const part = (layerPartBlob: unknown) => {
      const uploadId = '00000000-0000-4000-8000-000000000000'
      const rest = { repositoryName, uploadId, partFirstByte: 0, partLastByte: 1 }
      return parse('UploadLayerPart', { ...rest, layerPartBlob })
    }

    it.each(['', 'AA==', 'AAA=', 'AAAA', 'AP/+', '+/+/AQ=='])('decodes %j', (text) => {
      expect(part(text)).toHaveProperty('layerPartBlob', Buffer.from(text, 'base64'))
    })

    it.each([
      'A',
      'AA',
      'AAA',
      'A===',
      'AA=A',
      'AA= =',
      'AAAA\n',
      ' AAAA',
      '-_-_',
      'AA==AA==',
      'A!AA',
      '====',
      'AAA\u0141',
    ])('refuses %j', (text) => {
      expect(part(text)).toEqual([
        expect.objectContaining({ code: 'invalid_format', format: 'base64', path: 'layerPartBlob' }),
      ])
    })

    it('agrees with the grammar of base64 on every short string', () => {
      const grammar = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
      const schema = inputSchemas.UploadLayerPart
      let words = ['']
      for (let length = 0; length <= 8; length++) {
        for (const word of words) {
          const rest = { repositoryName, uploadId: '00000000-0000-4000-8000-000000000000' }
          const input = { ...rest, partFirstByte: 0, partLastByte: 1, layerPartBlob: word }
          expect(schema.safeParse(input).success, word).toBe(grammar.test(word))
        }
        words = words.flatMap((word) => ['A', '=', '\u0141'].map((letter) => word + letter))
      }
    })

    it('takes 20 MiB and not a byte more', () => {
      const most = Buffer.alloc(20 * 1024 * 1024)
      expect(part(most.toString('base64'))).toHaveProperty('layerPartBlob.length', most.length)
      expect(part(Buffer.alloc(most.length + 1).toString('base64'))).toEqual([
        expect.objectContaining({ code: 'too_big', origin: 'blob', maximum: most.length }),
      ])
    })
  })

  it('reads the integers of a query string', () => {
    const { data } = stsInputSchema('GetSessionToken').safeParse({ DurationSeconds: '900' })
    expect(data).toEqual({ DurationSeconds: 900 })
    for (const [text, issue] of [
      ['', { code: 'invalid_type', expected: 'int' }],
      ['9e2', { code: 'invalid_type', expected: 'int' }],
      ['899', { code: 'too_small', minimum: 900 }],
    ] as const) {
      const { error } = stsInputSchema('GetSessionToken').safeParse({ DurationSeconds: text })
      expect(error?.issues).toEqual([expect.objectContaining(issue)])
    }
  })
})

describe('outputs', () => {
  const authorizationData = [
    { authorizationToken: 'QQ==', expiresAt: 1.5, proxyEndpoint: 'http://localhost' },
  ]

  it('takes what the model describes, as it stands on the wire', () => {
    expect(outputSchemas.GetAuthorizationToken.safeParse({ authorizationData }).success).toBe(true)
    expect(outputSchemas.DeleteSigningConfiguration.safeParse({}).success).toBe(true)
  })

  it('takes a page of more images than an input may name', () => {
    expect(outputSchemas.ListImages.safeParse({ imageIds: Array(1000).fill({}) }).success).toBe(true)
    expect(outputSchemas.ListImages.safeParse({ imageIds: [] }).success).toBe(true)
  })

  it.each([
    ['an unknown member', { authorizationData, token: 'x' }],
    ['an unknown member within', { authorizationData: [{ token: 'x' }] }],
    ['a timestamp as text', { authorizationData: [{ expiresAt: '2026-01-01T00:00:00Z' }] }],
    ['null', { authorizationData: null }],
  ])('refuses %s', (_, output) => {
    expect(outputSchemas.GetAuthorizationToken.safeParse(output).success).toBe(false)
  })

  it('reads the answers of STS as XML gives them', () => {
    const Credentials = {
      AccessKeyId: 'ASIA0123456789ABCDEF',
      SecretAccessKey: 'secret',
      SessionToken: 'token',
      Expiration: '2026-01-01T00:00:00Z',
    }
    expect(stsOutputSchemas.GetSessionToken.safeParse({ Credentials }).success).toBe(true)
    expect(
      stsOutputSchemas.GetSessionToken.safeParse({ Credentials: { ...Credentials, Extra: '' } }).success,
    ).toBe(false)
  })
})
