// The process of many clients. It carries out the commands of the runner.
import { answerCommands } from '../remote/answer.js'
import { ClientGroup } from './client-group.js'
import { type ClientCommand, clientCommandSchema } from './commands.js'

let group: ClientGroup | undefined

answerCommands(clientCommandSchema, (command) => {
  if (command.do === 'open') group = new ClientGroup(command)
  if (group === undefined) throw new Error('open comes first')
  return carryOut(group, command)
})

async function carryOut(clients: ClientGroup, command: ClientCommand): Promise<unknown> {
  switch (command.do) {
    case 'open':
      return await clients.dial()
    case 'return':
      return await clients.return()
    case 'begin':
      return clients.begin()
    case 'mark':
      return clients.mark()
    case 'settle':
      return await clients.settle(command.published)
  }
}
