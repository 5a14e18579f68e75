require! './answer': {answer}
console.log answer!
