require! lodash
