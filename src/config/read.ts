import { parseArgs } from 'node:util'
import { FLAGS, type Flag, variableOf } from './flags.ts'
import { type Config, checkTogether, configMembers, UnusableConfig, withDefaults } from './schema.ts'
import { suggest } from './suggest.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * What flags and environment choose; a flag wins over its variable.
 *
 * @param args without the program and its command
 * @throws UnusableConfig
 */
export function readConfig(args: readonly string[], environment: Environment): Config {
  checkVariables(environment)
  const flags = parseFlags(args)
  const chosen: Record<string, unknown> = {}
  for (const flag of FLAGS) {
    const variable = variableOf(flag)
    const [origin, text] =
      flags[flag.name] === undefined
        ? [variable, environment[variable]]
        : [`--${flag.name}`, flags[flag.name]]
    // An empty variable is none, as everywhere in a shell; an empty flag is a slip.
    if (text === undefined || (text === '' && origin === variable)) continue
    chosen[flag.member] = readValue(flag, origin, text)
  }
  checkTogether(chosen)
  return withDefaults(chosen)
}

type FlagValue = string | boolean | string[]

function parseFlags(args: readonly string[]): Record<string, FlagValue | undefined> {
  const options = Object.fromEntries(
    FLAGS.map(({ name, value }) => [name, { type: value ? ('string' as const) : ('boolean' as const) }]),
  )
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  const values: Record<string, FlagValue | undefined> = {}
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional')
      throw new UnusableConfig(`"${token.value}" is not expected here; see ecr-local --help`)
    const flag = FLAGS.find(({ name }) => name === token.name)
    if (!flag)
      throw new UnusableConfig(
        `There is no option ${token.rawName}. ${suggest(
          `--${token.name}`,
          FLAGS.map(({ name }) => `--${name}`),
        )}`,
      )
    if (flag.value && token.value === undefined)
      throw new UnusableConfig(`${token.rawName} takes ${flag.expected}`)
    // The next flag is not the value of one whose own was forgotten.
    if (flag.value && !token.inlineValue && token.value?.startsWith('-'))
      throw new UnusableConfig(`${token.rawName} takes ${flag.expected}, not "${token.value}"`)
    const value = flag.value ? (token.value ?? '') : (token.value ?? true)
    values[flag.name] = flag.isRepeatable ? [values[flag.name] ?? [], value].flat().map(String) : value
  }
  return values
}

/** A misspelt variable would be silently without effect: it is refused as a flag is. */
function checkVariables(environment: Environment): void {
  const known = FLAGS.map(variableOf)
  for (const name of Object.keys(environment))
    if (name.startsWith('ECR_LOCAL_') && !known.includes(name) && !OTHER_VARIABLES.includes(name))
      throw new UnusableConfig(`There is no variable ${name}. ${suggest(name, known)}`)
}

/** Variables of the tests of ecr-local itself. */
const OTHER_VARIABLES = [
  'ECR_LOCAL_REQUIRE_CLIENTS',
  'ECR_LOCAL_TEST_CLIENTS',
  'ECR_LOCAL_REACHED',
  'ECR_LOCAL_WRITE_CONFORMANCE',
  'ECR_LOCAL_WRITE_DOCS',
]

function readValue(flag: Flag, origin: string, text: FlagValue): unknown {
  const value = typeof text === 'string' ? valueOfText(flag, text) : text
  if (!configMembers[flag.member].accepts(value))
    throw new UnusableConfig(`${origin} takes ${flag.expected}, not "${text}"`)
  return value
}

const SWITCH_WORDS = new Map([
  ['1', true],
  ['true', true],
  ['yes', true],
  ['0', false],
  ['false', false],
  ['no', false],
])

function valueOfText(flag: Flag, text: string): unknown {
  if (flag.value === undefined) return SWITCH_WORDS.get(text.toLowerCase()) ?? text
  if (flag.isRepeatable) return text.split(',')
  if (flag.member === 'port' || flag.member === 'scannerTimeout')
    return /^\d+$/.test(text) ? Number(text) : text
  return text
}
