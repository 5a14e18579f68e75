const _ = require("lodash");
console.log(_);
