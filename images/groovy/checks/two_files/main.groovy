println new Answer().value
