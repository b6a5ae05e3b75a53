#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { describeFlags, suggest, UnusableConfig } from './config.ts'

/** A command gets its arguments and answers with the exit code. */
type Command = (args: readonly string[], environment: NodeJS.ProcessEnv) => Promise<number>

/** Loaded when they are called: a server should start without the code of the others. */
const commands: Readonly<Record<string, { help: string; load: () => Promise<Command> }>> = {
  serve: {
    help: 'start the server; this is what happens without a command',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  tree: {
    help: 'draw the tree of artifact types of REPOSITORY[:TAG|@DIGEST] at a running server',
    load: async () => (await import('./commands/tree.ts')).tree,
  },
  env: {
    help: 'print what a shell exports for the AWS tools to find a running server',
    load: async () => (await import('./commands/env.ts')).env,
  },
  setup: {
    help: 'print or write the settings by which docker, podman, containerd … reach a running server',
    load: async () => (await import('./commands/setup.ts')).setup,
  },
  'cli-model': {
    help: 'install, remove or print what teaches the AWS CLI and boto3 --manifest-config',
    load: async () => (await import('./commands/cli-model.ts')).cliModel,
  },
}

const HELP = `ecr-local: Amazon ECR on one machine

Usage: ecr-local [COMMAND] [OPTIONS]

Commands:
${Object.entries(commands)
  .map(([name, { help }]) => `  ${name.padEnd(10)} ${help}`)
  .join('\n')}

Options of serve, each with its environment variable:
${describeFlags()}

  -h, --help  show this; behind another command, that command's
  --version   show the version
`

async function run(argv: readonly string[]): Promise<number> {
  const [first = '', ...rest] = argv
  if (argv.includes('--version')) return print(`${versionOf()}\n`)
  const isCommand = first !== '' && !first.startsWith('-')
  const name = isCommand ? first : 'serve'
  if (name === 'help' || (name === 'serve' && argv.includes('--help'))) return print(HELP)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command)
    throw new UnusableConfig(`There is no command "${name}". ${suggest(name, Object.keys(commands))}`)
  const handler = await command.load()
  return handler(isCommand ? rest : argv, process.env)
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

function versionOf(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

// Whoever reads our output may stop reading: `ecr-local tree … | head` is no fault, nor is a log that nobody reads.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

try {
  const argv = process.argv.slice(2).map((argument) => (argument === '-h' ? '--help' : argument))
  process.exitCode = await run(argv)
} catch (error) {
  if (!(error instanceof UnusableConfig)) throw error
  process.stderr.write(`ecr-local: ${error.message}\n`)
  process.exitCode = 2
}
