// The process of the publisher. It carries out the commands of the runner.
import { answerCommands } from '../remote/answer.js'
import { feedCommandSchema } from './commands.js'
import { Publisher } from './publisher.js'

let publisher: Publisher | undefined

answerCommands(feedCommandSchema, async (command) => {
  if (command.do === 'start') publisher = new Publisher(command.redisPort, command.feed)
  if (publisher === undefined) throw new Error('start comes first')
  return command.do === 'stop' ? await publisher.stop() : { published: publisher.published }
})
