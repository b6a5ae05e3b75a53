import { mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { UnusableConfig } from '../config.ts'

const HELP = `Usage: ecr-local cli-model install|remove|print

Teaches the AWS CLI (1 and 2) and boto3 the option --manifest-config of
describe-images and list-images (manifestConfig in boto3), by a file in the
first directory of AWS_DATA_PATH, else in ~/.aws/models.

  install  write the file, or add to the one that is there
  remove   take out what install added
  print    print what install would write
`

/** Below a directory of models, as botocore looks for it (botocore's loaders, "extras"). */
const EXTRAS = join('ecr', '2015-09-21', 'service-2.sdk-extras.json')

type Json = { [member: string]: unknown }

/** Installs, removes or prints the extension of the AWS CLI's model of ECR. Answers with the exit code. */
export async function cliModel(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const [action, ...others] = args.filter((argument) => argument !== '--help')
  if (args.includes('--help')) {
    process.stdout.write(HELP)
    return 0
  }
  if (others.length > 0 || !['install', 'remove', 'print'].includes(action ?? ''))
    throw new UnusableConfig('cli-model takes one of install, remove and print')
  const extension = await readExtension()
  const models = modelsDirectory(environment)
  const file = join(models, EXTRAS)
  if (action === 'print') process.stdout.write(format(extension))
  else if (action === 'install') await install(file, extension)
  else await remove(file, models, extension)
  return 0
}

/** Where botocore looks first: like it, a shell's `~` is understood. */
function modelsDirectory({ AWS_DATA_PATH = '' }: NodeJS.ProcessEnv): string {
  const [first = ''] = AWS_DATA_PATH.split(delimiter)
  return (first || join('~', '.aws', 'models')).replace(/^~(?=\/|$)/, homedir())
}

async function install(file: string, extension: Json): Promise<void> {
  const present = await readExtras(file)
  const merged = merge(present ?? {}, extension)
  await mkdir(dirname(file), { recursive: true })
  await replace(file, format(merged))
  process.stdout.write(
    `Wrote ${file}\naws ecr describe-images and list-images now take --manifest-config.\nUndo it with: ecr-local cli-model remove\n`,
  )
}

async function remove(file: string, models: string, extension: Json): Promise<void> {
  const present = await readExtras(file)
  if (!present) {
    process.stdout.write(`Nothing to remove: there is no ${file}\n`)
    return
  }
  const rest = without(present, extension)
  if (Object.keys(rest).length > 0) {
    await replace(file, format({ version: present.version, ...rest }))
    process.stdout.write(`Took the extension out of ${file}; the rest of it stays\n`)
    return
  }
  await rm(file)
  await removeEmpty(dirname(file), models)
  process.stdout.write(`Removed ${file}\n`)
}

/**
 * The extension in botocore's form, out of the same patch by which the server's own schemas are made: each
 * `add` of the patch is a place in the model where something is merged in.
 */
async function readExtension(): Promise<Json> {
  const source = new URL('../../api-models/patches/manifest-config.json', import.meta.url)
  const { patch } = JSON.parse(await readFile(source, 'utf8')) as {
    patch: { path: string; value: unknown }[]
  }
  const merged: Json = {}
  for (const { path, value } of patch) {
    const steps = path.slice(1).split('/')
    const last = steps.pop() as string
    let place = merged
    for (const step of steps) {
      place[step] ??= {}
      place = place[step] as Json
    }
    place[last] = value
  }
  return { version: 1.0, merge: merged }
}

async function readExtras(file: string): Promise<Json | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const extras = parse(text)
  if (!extras)
    throw new UnusableConfig(`${file} is not a JSON object; nothing was changed. Mend or move it first`)
  return extras
}

function parse(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `added` laid over `present`, deep; members that only `present` has stay. */
function merge(present: Json, added: Json): Json {
  const merged = { ...present }
  for (const [name, value] of Object.entries(added)) {
    const existing = merged[name]
    merged[name] = isObject(value) && isObject(existing) ? merge(existing, value) : value
  }
  return merged
}

/** `present` less what is equal in `removed`, and less objects that nothing is left of. */
function without(present: Json, removed: Json): Json {
  const rest: Json = {}
  for (const [name, value] of Object.entries(present)) {
    const taken = removed[name]
    if (isDeepStrictEqual(value, taken)) continue
    const left = isObject(value) && isObject(taken) ? without(value, taken) : value
    if (left === value || Object.keys(left as Json).length > 0) rest[name] = left
  }
  return rest
}

function format(value: Json): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** Whole or not at all: the AWS CLI may read the file at any time. */
async function replace(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`
  await writeFile(temporary, text)
  await rename(temporary, file)
}

/** Removes directories that became empty, up to the one that holds the models. */
async function removeEmpty(directory: string, models: string): Promise<void> {
  for (let current = directory; current !== models && current.startsWith(models); current = dirname(current))
    try {
      await rmdir(current)
    } catch {
      return
    }
}
