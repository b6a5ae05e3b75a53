/**
 * Takes the facts of the APIs we serve from a published botocore package and writes them to `api-models/`,
 * without any documentation text.
 *
 *     npm run update-models                                           the newest botocore
 *     npx tsx scripts/update-models.ts 1.44.5 && npm run generate     that version
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { ApiModel, Operation, Shape, ShapeRef } from './generate/model.ts'

const API_MODELS = new URL('../api-models/', import.meta.url)
const STS_OPERATIONS = ['AssumeRole', 'GetCallerIdentity', 'GetSessionToken']

/** What a fact may carry besides facts. Never applied to a `members` map, whose keys are the API's own names. */
const TEXTS = new Set(['documentation', 'documentationUrl', 'deprecatedMessage', 'description'])

type Json = Record<string, unknown>

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : a > b ? 1 : 0)

function sorted<T>(entries: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).sort(byName))
}

function facts<T extends object>(from: T): T {
  return sorted(Object.fromEntries(Object.entries(from).filter(([name]) => !TEXTS.has(name)))) as T
}

/** Members keep the model's order: it is the order in which the service reports what is wrong. */
function shapeFacts(shape: Shape): Shape {
  const kept = facts(shape)
  for (const part of ['member', 'key', 'value'] as const) if (kept[part]) kept[part] = facts(kept[part])
  if (kept.members) {
    kept.members = Object.fromEntries(Object.entries(kept.members).map(([name, ref]) => [name, facts(ref)]))
  }
  return kept
}

function operationFacts(operation: Operation): Operation {
  const kept = facts(operation)
  for (const part of ['input', 'output'] as const) if (kept[part]) kept[part] = facts(kept[part])
  if (kept.errors) kept.errors = kept.errors.map((ref) => facts(ref))
  return kept
}

/** The shapes that the operations mention, at any depth. */
function reachable(operations: Record<string, Operation>, shapes: Record<string, Shape>): Set<string> {
  const found = new Set<string>()
  const visit = (ref: ShapeRef | undefined) => {
    if (!ref || found.has(ref.shape)) return
    found.add(ref.shape)
    const shape = shapes[ref.shape]
    if (!shape) throw new Error(`${ref.shape} is mentioned but not defined`)
    for (const inner of [...Object.values(shape.members ?? {}), shape.member, shape.key, shape.value])
      visit(inner)
  }
  for (const { input, output, errors } of Object.values(operations)) {
    for (const ref of [input, output, ...(errors ?? [])]) visit(ref)
  }
  return found
}

function pick<T>(from: Record<string, T>, keep: (name: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => keep(name)))
}

function mapValues<T>(from: Record<string, T>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, change(value)]))
}

function readModel(wheel: string, folder: string, version: string, only?: string[]): ApiModel {
  const named = (name: string) => [name, `${name}.gz`].find((file) => existsSync(join(wheel, folder, file)))
  const read = (name: string): Json => {
    const file = named(name)
    if (!file) throw new Error(`botocore ${version} has no ${folder}/${name}`)
    const bytes = readFileSync(join(wheel, folder, file))
    return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()) as Json
  }
  const optional = (name: string): Json => (named(name) ? read(name) : {})

  const service = read('service-2.json') as unknown as ApiModel
  const operations = pick(service.operations, (name) => !only || only.includes(name))
  const missing = only?.filter((name) => !operations[name])
  if (missing?.length) throw new Error(`botocore ${version} has no ${missing.join(', ')} in ${folder}`)
  const shapes = reachable(operations, service.shapes)
  const paginators = (optional('paginators-1.json').pagination ?? {}) as ApiModel['paginators']
  const waiters = (optional('waiters-2.json').waiters ?? {}) as ApiModel['waiters']

  return {
    source: {
      package: 'botocore',
      version,
      file: `${folder}/${named('service-2.json')}`,
      licence: 'Apache-2.0',
    },
    metadata: facts(service.metadata),
    operations: sorted(mapValues(operations, operationFacts)),
    shapes: sorted(
      mapValues(
        pick(service.shapes, (name) => shapes.has(name)),
        shapeFacts,
      ),
    ),
    paginators: sorted(
      mapValues(
        pick(paginators, (name) => name in operations),
        facts,
      ),
    ),
    waiters: sorted(
      mapValues(
        pick(waiters, () => !only),
        facts,
      ),
    ),
  }
}

function updateModels(requested: string | undefined): void {
  const folder = mkdtempSync(join(tmpdir(), 'update-models-'))
  try {
    const requirement = requested ? `botocore==${requested}` : 'botocore'
    const pip = ['download', '--quiet', '--no-deps', '--no-binary', ':none:', '--dest', folder, requirement]
    execFileSync('pip', pip, { stdio: 'inherit' })
    const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'))
    const version = wheel?.split('-')[1]
    if (!wheel || !version) throw new Error('pip delivered no botocore wheel')
    execFileSync('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder])

    const models = {
      'ecr-2015-09-21.json': readModel(folder, 'botocore/data/ecr/2015-09-21', version),
      'sts-2011-06-15.json': readModel(folder, 'botocore/data/sts/2011-06-15', version, STS_OPERATIONS),
    }
    for (const [file, model] of Object.entries(models)) {
      writeFileSync(new URL(file, API_MODELS), `${JSON.stringify(model, null, 2)}\n`)
      console.log(`${file}: botocore ${version}, ${Object.keys(model.operations).length} operations`)
    }
    const readme = new URL('README.md', API_MODELS)
    writeFileSync(readme, readFileSync(readme, 'utf8').replace(/botocore \d[\w.]*/g, `botocore ${version}`))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

updateModels(process.argv[2])
