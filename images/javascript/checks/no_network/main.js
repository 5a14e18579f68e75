fetch("https://example.com").then((answer) => console.log(answer.status));
